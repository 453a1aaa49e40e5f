//! All-reduce: each rank sums its share of the elements, then all get all shares.
//!
//! Rank `i` of `n` gets the `i`-th part of every rank's elements, sums them in the order of ranks and
//! sends the result to all. That moves `2 (n − 1) / n` of the elements per rank, as a ring does and as
//! little as can be, in two steps and not `2 (n − 1)`; a ring's order of summing depends on the place
//! within the buffer, this one's on nothing. It goes block by block, so that a part is summed while it
//! is in the cache, and the shares of a block travel with the parts of the next.

use ondol_tensor::{DType, Result};

use super::Engine;
use super::combine::{Half, Travels, combine};
use crate::flat::Flat;
use crate::header::{Agreed, Header, trouble};
use crate::link::Link;

/// Bytes of a rank's part of a block.
pub(super) const PART: usize = 256 * 1024;

impl<L: Link> Engine<L> {
    pub(super) fn all_reduce(&mut self, flat: &mut Flat, agreed: &Agreed) -> Result<()> {
        match flat {
            Flat::U8(v) => self.reduced(v, agreed, ()),
            Flat::I32(v) => self.reduced(v, agreed, ()),
            Flat::I64(v) => self.reduced(v, agreed, ()),
            Flat::F16(v) => self.reduced(v, agreed, Half::F16),
            Flat::BF16(v) => self.reduced(v, agreed, Half::BF16),
            Flat::F32(v) => self.reduced(v, agreed, ()),
            Flat::F64(v) => self.reduced(v, agreed, ()),
            Flat::Bool(_) => Err(trouble(
                Vec::new(),
                format!("all_reduce: {} cannot be summed; cast to u8", DType::Bool),
            )),
        }
    }

    fn reduced<T: Travels>(&mut self, data: &mut [T], agreed: &Agreed, how: T::How) -> Result<()> {
        let (me, size) = (self.link.rank(), self.link.size());
        let Agreed { header, active } = agreed;
        let part = PART / size_of::<T>();
        // blocks[b][r]: what rank r sums of block b.
        let mut blocks: Vec<Vec<&mut [T]>> = data
            .chunks_mut(part * size)
            .map(|block| shares(block, size))
            .collect();
        let own = blocks.first().map_or(0, |block| block[me].len());
        let mut parts: Vec<Vec<T>> = (0..size)
            .map(|rank| match rank != me && active[rank] {
                true => vec![T::zeroed(); own],
                false => Vec::new(),
            })
            .collect();
        for b in 0..=blocks.len() {
            self.step(header, &mut blocks, b, &mut parts, active)?;
            let Some(block) = blocks.get_mut(b) else {
                break;
            };
            let own = &mut *block[me];
            let received: Vec<&[T]> = parts
                .iter()
                .map(|part| &part[..own.len().min(part.len())])
                .collect();
            combine(header.op, own, &received, active, me, size, how);
        }
        Ok(())
    }

    /// The parts of block `b` and the shares of the one before.
    fn step<T: Travels>(
        &mut self,
        header: &Header,
        blocks: &mut [Vec<&mut [T]>],
        b: usize,
        parts: &mut [Vec<T>],
        active: &[bool],
    ) -> Result<()> {
        let me = self.link.rank();
        let (before, from) = blocks.split_at_mut(b);
        let mut sends: Vec<(usize, &[u8])> = Vec::new();
        let mut receives: Vec<(usize, &mut [u8])> = Vec::new();
        if let Some(block) = from.first() {
            let own = block[me].len();
            if active[me] {
                let others = block.iter().enumerate().filter(|(rank, _)| *rank != me);
                sends.extend(others.map(|(rank, part)| (rank, bytemuck::cast_slice(part))));
            }
            let others = parts.iter_mut().enumerate();
            let others = others.filter(|(rank, _)| *rank != me && active[*rank]);
            receives.extend(
                others.map(|(rank, part)| (rank, bytemuck::cast_slice_mut(&mut part[..own]))),
            );
        }
        if let Some(block) = before.last_mut() {
            let (low, rest) = block.split_at_mut(me);
            let (own, high) = rest.split_first_mut().expect("a share for each rank");
            let own: &[u8] = bytemuck::cast_slice(own);
            let low = low.iter_mut().enumerate();
            let high = high
                .iter_mut()
                .enumerate()
                .map(|(i, share)| (me + 1 + i, share));
            for (rank, share) in low.chain(high) {
                sends.push((rank, own));
                receives.push((rank, bytemuck::cast_slice_mut(share)));
            }
        }
        sends.retain(|(_, bytes)| !bytes.is_empty());
        receives.retain(|(_, bytes)| !bytes.is_empty());
        self.exchange(header, &sends, receives)
    }
}

/// Cuts into `n` pieces whose lengths differ by one at most.
pub(super) fn shares<T>(mut all: &mut [T], n: usize) -> Vec<&mut [T]> {
    let (each, more) = (all.len() / n, all.len() % n);
    (0..n)
        .map(|i| {
            let (share, rest) = std::mem::take(&mut all).split_at_mut(each + usize::from(i < more));
            all = rest;
            share
        })
        .collect()
}
