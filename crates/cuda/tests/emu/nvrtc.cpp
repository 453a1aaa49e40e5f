// The fake run-time compiler: the host's own, whose library of kernels the fake driver then loads.
//
// What it needs lies beside this library: the file `flags` and the objects that every library of
// kernels is linked with. EMU_SOURCES is the folder of this file.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#define API extern "C" __attribute__((visibility("default")))

namespace {

enum Result { SUCCESS = 0, COMPILATION = 6 };

struct Program {
    std::string source, log, image;
};

std::string own_folder() {
    Dl_info own;
    dladdr((void *)&own_folder, &own);
    std::string path = own.dli_fname;
    return path.substr(0, path.rfind('/'));
}

std::string text_of(const std::string &path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// A folder of this process's own, taken away at its end.
const std::string &scratch() {
    static const std::string folder = [] {
        const char *temporary = getenv("TMPDIR");
        std::string name = std::string(temporary ? temporary : "/tmp") + "/ondol-emu-XXXXXX";
        if (!mkdtemp(name.data())) {
            perror("emu: no temporary folder");
            abort();
        }
        atexit([] {
            if (system(("rm -rf '" + scratch() + "'").c_str()) != 0) perror("emu");
        });
        return name;
    }();
    return folder;
}

std::string quoted(const std::string &word) { return "'" + word + "'"; }

bool compile(Program &program) {
    static int number = 0;
    std::string name = "jit_" + std::to_string(number++), base = scratch() + "/" + name;
    std::string kernels = own_folder();
    std::ofstream(base + ".cpp") << "#include \"shim.h\"\n#line 1 \"" << name << ".cu\"\n" << program.source;
    std::string flags = text_of(kernels + "/flags"), log = base + ".log";
    std::string command = quoted(EMU_SOURCES "/kernel.sh") + " " + quoted(base + ".cpp") + " " + quoted(base + ".o") +
                          " emu_shared_" + name + " " + flags + " >" + quoted(log) + " 2>&1 && ${CXX:-g++} " + flags +
                          " -shared " + quoted(base + ".o") + " " + quoted(kernels) + "/runtime_*.o -o " +
                          quoted(base + ".so") + " >>" + quoted(log) + " 2>&1";
    bool fine = system(command.c_str()) == 0;
    program.log = text_of(log);
    if (!fine) return false;
    // The entries, as the driver looks them up.
    program.image = "// emulated: " + base + ".so\n";
    std::istringstream exports(text_of(base + ".o.cpp"));
    for (std::string line; std::getline(exports, line);) {
        if (line.rfind("EMU_EXPORT(", 0) == 0) program.image += ".entry " + line.substr(11) + "\n";
    }
    return true;
}

}  // namespace

API int nvrtcVersion(int *major, int *minor) {
    *major = 13;
    *minor = 0;
    return SUCCESS;
}
API const char *nvrtcGetErrorString(int error) {
    return error == SUCCESS ? "NVRTC_SUCCESS" : error == COMPILATION ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR";
}
API int nvrtcCreateProgram(void **out, const char *source, const char *, int, const char *const *, const char *const *) {
    *out = new Program{source, "", ""};
    return SUCCESS;
}
API int nvrtcDestroyProgram(void **program) {
    delete (Program *)*program;
    *program = nullptr;
    return SUCCESS;
}
API int nvrtcCompileProgram(void *program, int, const char *const *) {
    return compile(*(Program *)program) ? SUCCESS : COMPILATION;
}
API int nvrtcGetProgramLogSize(void *program, size_t *size) {
    *size = ((Program *)program)->log.size() + 1;
    return SUCCESS;
}
API int nvrtcGetProgramLog(void *program, char *out) {
    strcpy(out, ((Program *)program)->log.c_str());
    return SUCCESS;
}
// Assembly and machine code are the same here: a text that names the library.
API int nvrtcGetPTXSize(void *program, size_t *size) {
    *size = ((Program *)program)->image.size() + 1;
    return SUCCESS;
}
API int nvrtcGetPTX(void *program, char *out) {
    strcpy(out, ((Program *)program)->image.c_str());
    return SUCCESS;
}
API int nvrtcGetCUBINSize(void *program, size_t *size) { return nvrtcGetPTXSize(program, size); }
API int nvrtcGetCUBIN(void *program, char *out) { return nvrtcGetPTX(program, out); }
