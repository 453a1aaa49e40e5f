//! Names of PyTorch that Ondol leaves out for good, by pattern, each with its reason.

/// A reason, and the patterns of what it is the reason for; `*` stands for anything. The first that fits
/// counts.
pub(crate) const LEFT_OUT: &[(&str, &str)] = &[
    (
        "quantised tensors",
        "torch.*quant* torch.fbgemm_* torch.q_* torch.int_repr torch.choose_qparams_optimized \
         torch.Tensor.qscheme torch.Tensor.q_* torch.Tensor.int_repr",
    ),
    (
        "sparse and nested tensors",
        "torch.*sparse* torch.dsmm torch.hsmm torch.hspmm torch.saddmm torch.smm torch.spmm \
         torch.sspaddmm torch.*ccol_indices* torch.*crow_indices* torch.*col_indices* \
         torch.*row_indices* torch.*indices_copy torch.values_copy torch.Tensor.indices \
         torch.Tensor.values torch.Tensor.coalesce torch.Tensor.is_coalesced \
         torch.Tensor.dense_dim torch.Tensor.to_dense torch.Tensor.is_nested \
         torch.Tensor.to_padded_tensor torch.optim.SparseAdam torch.nonzero_static",
    ),
    (
        "complex numbers",
        "torch.*complex* torch.*conj* torch.imag torch.Tensor.imag torch.real torch.Tensor.real \
         torch.angle* torch.Tensor.angle* torch.polar torch.Tensor.cdouble torch.Tensor.cfloat \
         torch.Tensor.chalf torch.linalg.eig torch.linalg.eigvals torch.eig torch.resolve_* \
         torch.Tensor.resolve_* torch.is_neg torch.Tensor.is_neg torch.stft torch.istft \
         torch.Tensor.stft torch.Tensor.istft torch.dtype.to_complex torch.dtype.to_real \
         torch.cuda.Complex* torch.*isreal*",
    ),
    (
        "PyTorch's own inner workings",
        "torch.cudnn_* torch.miopen_* torch.mkldnn_* torch.native_* torch.*_copy \
         torch.batch_norm_* torch.sym_* torch.fused_* torch.autocast_* torch.*autocast* \
         torch.convolution torch.embedding_renorm_ torch.norm_except_dim torch.*cxx11_abi \
         torch.classproperty torch.is_storage torch.parse_* torch.merge_type_from_type_comment \
         torch.unify_type_list torch.import_ir_module* torch.get_file_path \
         torch.prepare_multiprocessing_environment torch.typename torch.fork torch.wait \
         torch.hash_tensor torch.slice_inverse torch.grid_sampler* torch.affine_grid_generator \
         torch.constant_pad_nd torch.rnn_* torch.gru* torch.lstm* torch.feature_dropout* \
         torch.conv_tbc torch.init_num_threads torch.thread_safe_generator torch.segment_reduce \
         torch.unsafe_* torch.Tensor.unsafe_* torch.profiler_* torch.get_device_module \
         torch.set_warn_always torch.is_warn_always_enabled torch.Tensor.as_subclass \
         torch.Tensor.module_load torch.Tensor.output_nr torch.Tensor.grad_dtype \
         torch.Tensor.name torch.Tensor.map* torch.Tensor.apply_ torch.Tensor.reinforce \
         torch.Tensor.volatile torch.Tensor.new torch.Tensor.is_set_to torch.is_same_size \
         torch.Tensor.is_same_size torch.is_distributed torch.Tensor.is_distributed \
         torch.Tensor.dim_order torch.Tensor.const_data_ptr torch.Tensor.data_ptr \
         torch.Tensor.sum_to_size torch.autograd.*Profiler* torch.autograd.kineto_available \
         torch.autograd.DeviceType torch.autograd.NestedIOFunction torch.autograd.SavedTensor \
         torch.autograd.has_torch_function torch.autograd.variable torch.autograd.Variable \
         torch.autograd.*multithreading* torch.autograd.is_view_replay_enabled \
         torch.autograd.enforce_grad_layout_policy \
         torch.autograd.function.FunctionCtx.input_grad_buffers \
         torch.autograd.function.FunctionCtx.mark_shared_storage \
         torch.autograd.function.FunctionCtx.set_output_grad_dtype \
         torch.utils.checkpoint.DefaultDeviceType torch.utils.checkpoint.GraphExecGroup \
         torch.utils.checkpoint.SavedTensor torch.utils.checkpoint.check_backward_validity \
         torch.utils.checkpoint.*device_states torch.utils.checkpoint.detach_variable \
         torch.utils.checkpoint.noop_context_fn torch.utils.checkpoint.set_checkpoint_* \
         torch.utils.checkpoint.CheckpointFunction torch.Generator.graphsafe_* \
         torch.nn.factory_kwargs torch.nn.Module.T_destination torch.nn.Module.call_super_init \
         torch.nn.Module.dump_patches torch.nn.NLLLoss2d torch.nn.CrossMapLRN2d \
         torch.nn.Container",
    ),
    (
        "memory formats and storages: layouts are strides alone",
        "torch.*storage_type torch.Tensor.storage torch.Tensor.untyped_storage torch.Tensor.set_ \
         torch.Tensor.layout torch.empty_permuted torch.nn.utils.convert_conv* torch.*resize* \
         torch.*share*_memory* torch.Tensor.is_shared torch.from_file torch.frombuffer \
         torch.*dlpack",
    ),
    (
        "lazy, quantised-aware and data-parallel wrappers: shapes are given where a layer is made",
        "torch.nn.Lazy* torch.nn.Uninitialized* torch.nn.DataParallel torch.nn.SyncBatchNorm \
         torch.nn.utils.skip_init torch.nn.Module.to_empty",
    ),
    (
        "registered at run time: a module's parts are its fields",
        "torch.nn.Module.add_module torch.nn.Module.register_buffer \
         torch.nn.Module.register_parameter torch.nn.Module.register_module \
         torch.nn.Module.set_submodule",
    ),
    (
        "other accelerators",
        "torch.*_ipu* torch.*xla* torch.*vulkan* torch.Tensor.*ipu torch.Tensor.*mps \
         torch.Tensor.*mtia torch.Tensor.*xpu torch.Tensor.is_maia torch.Tensor.is_mkldnn \
         torch.Tensor.to_mkldnn torch.Tensor.is_meta torch.nn.Module.ipu torch.nn.Module.mtia \
         torch.nn.Module.xpu",
    ),
    (
        "removed or deprecated in PyTorch",
        "torch.lstsq torch.symeig torch.solve torch.qr torch.lu torch.matrix_rank \
         torch.triangular_solve torch.range torch.set_default_tensor_type torch.trapz \
         torch.nn.utils.clip_grad_norm torch.nn.Module.register_backward_hook \
         torch.nn.functional.*_bilinear torch.nn.functional.upsample* torch.cuda.*_cached \
         torch.cuda.*Tensor torch.cuda.*Storage torch.nn.utils.weight_norm \
         torch.nn.utils.spectral_norm torch.nn.utils.remove_* torch.utils.data.*Pipe \
         torch.utils.data.*datapipe* torch.utils.data.DataChunk torch.utils.data.*validation* \
         torch.utils.data.non_deterministic",
    ),
    (
        "compilation and tracing of Python",
        "torch.compile torch.vmap torch.cond torch.while_loop torch.autograd.graph.* \
         torch.utils.checkpoint.*electiveCheckpoint* torch.utils.checkpoint.create_selective* \
         torch.utils.checkpoint.CheckpointPolicy",
    ),
];

/// Every pattern with the place of its reason.
pub(crate) fn patterns() -> impl Iterator<Item = (usize, &'static str)> {
    let groups = LEFT_OUT.iter().enumerate();
    groups.flat_map(|(at, (_, patterns))| patterns.split_whitespace().map(move |p| (at, p)))
}

/// The place in [`LEFT_OUT`] of the reason why a name is not here.
pub(crate) fn left_out(name: &str) -> Option<usize> {
    patterns()
        .find(|(_, pattern)| matches(pattern, name))
        .map(|(at, _)| at)
}

/// Whether a pattern with `*` fits a whole name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => {
            let Some(name) = name.strip_prefix(start) else {
                return false;
            };
            (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]))
        }
    }
}

#[test]
fn patterns_fit_whole_names() {
    assert!(matches("torch.add", "torch.add"));
    assert!(!matches("torch.add", "torch.add_"));
    assert!(matches("torch.*fft*", "torch.fft.rfft"));
    assert!(matches("*_copy", "torch.view_copy"));
    assert!(!matches("*_copy", "torch.index_copy_"));
    assert!(matches("*", ""));
}
