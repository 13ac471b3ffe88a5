#!/bin/sh
# Install Dovetail for CUDA on a bare machine, check that the GPU is used, and measure speed and memory.
#
# This script has NOT been run on a GPU yet. Only its steps (--dry-run) are tested.
#
#     sh tests/benchmarks/gpu.sh [--dry-run] MODEL.gguf PROJECT [OUT]
#
# Needs Linux, an NVIDIA driver, the CUDA toolkit (nvcc), Python 3.11 or newer with venv, git, and a C++ compiler.
# Writes one log a step and a summary to OUT (default: gpu-results). Changes nothing outside of OUT.
set -eu

dry=0
if [ "${1:-}" = "--dry-run" ]; then
    dry=1
    shift
fi
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
    echo "usage: sh tests/benchmarks/gpu.sh [--dry-run] MODEL.gguf PROJECT [OUT]" >&2
    exit 2
fi
model=$1
project=$2
out=${3:-gpu-results}
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-python3}
version=0.3.36 # of llama-cpp-python, whose source distribution holds llama.cpp

# fail WHAT FIX: end with one line.
fail() {
    echo "gpu.sh: $1: $2" >&2
    exit 1
}

# step NAME COMMAND...: run a command and keep what it prints, or print it under --dry-run.
step() {
    name=$1
    shift
    if [ "$dry" = 1 ]; then
        echo "$name: $*"
        return
    fi
    echo "== $name"
    "$@" > "$out/$name.log" 2>&1 || fail "step $name failed" "read $out/$name.log"
    tail -n 5 "$out/$name.log"
}

# check NAME FIX COMMAND...: as step, for what has to be there before anything is installed.
check() {
    name=$1
    fix=$2
    shift 2
    if [ "$dry" = 1 ]; then
        echo "$name: $*"
        return
    fi
    "$@" > "$out/$name.log" 2>&1 || fail "the check of $name failed" "$fix"
}

# gpu_memory NAME: the megabytes in use on each GPU.
gpu_memory() {
    step "$1" nvidia-smi --query-gpu=index,memory.used,memory.total --format=csv
}

[ "$dry" = 1 ] || mkdir -p "$out"

check driver "install NVIDIA's driver" nvidia-smi
check toolkit "install the CUDA toolkit and put nvcc on PATH" nvcc --version
check compiler "install a C++ compiler" c++ --version
check python "install Python 3.11 or newer" "$python" -c "import sys, venv; sys.exit(sys.version_info < (3, 11))"
check model "give the path of a .gguf file" test -f "$model"
check project "give the path of a folder" test -d "$project"

venv=$out/venv
step venv "$python" -m venv "$venv"
step install env CMAKE_ARGS=-DGGML_CUDA=on "$venv/bin/pip" install "llama-cpp-python==$version" "$here[dev]"
step offload "$venv/bin/python" -c "import llama_cpp, sys; sys.exit(not llama_cpp.llama_supports_gpu_offload())"

# The doctor names the devices and the speeds; without a GPU in its answer the rest would measure the CPU.
gpu_memory memory-before
step doctor "$venv/bin/dovetail" doctor "$project" --model "$model"
step doctor-sees-the-gpu grep -E "offload to .*(CUDA|NVIDIA)" "$out/doctor.log"

# Speed: typing, batches (is a draft nearly free?), drafts, all with every layer on the GPU.
step bench "$venv/bin/dovetail" bench "$project" --model "$model" --svg "$out/typing.svg"
step batches env PYTHONPATH="$here" "$venv/bin/python" -m tests.benchmarks.engine.batches "$model"
step engine env PYTHONPATH="$here" "$venv/bin/python" -m tests.benchmarks.engine.overhead "$model"
step drafts env PYTHONPATH="$here" "$venv/bin/python" -m tests.benchmarks.engine.drafts "$model" "$project" 2 3

# Memory: what three clients and their host take, and whether all of it is given back.
step clients env PYTHONPATH="$here" "$venv/bin/python" -m tests.benchmarks.engine.memory "$model"
step engine-tests env DOVETAIL_TEST_MODEL="$model" "$venv/bin/python" -m pytest -n 0 \
    "$here/tests/models/engine/runtime/test_engine.py" "$here/tests/models/engine/client/test_client.py"
gpu_memory memory-after

# The same model behind llama.cpp's server, asked as a remote engine.
step source "$venv/bin/pip" download --no-deps --no-binary llama-cpp-python -d "$out" "llama-cpp-python==$version"
step unpack tar xzf "$out/llama_cpp_python-$version.tar.gz" -C "$out"
step configure cmake -S "$out/llama_cpp_python-$version/vendor/llama.cpp" -B "$out/build" -DCMAKE_BUILD_TYPE=Release \
    -DGGML_CUDA=on -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF
step server-build cmake --build "$out/build" --target llama-server -j
step server-tests env DOVETAIL_LLAMA_SERVER="$out/build/bin/llama-server" DOVETAIL_TEST_MODEL="$model" \
    "$venv/bin/python" -m pytest -n 0 "$here/tests/models/remote/test_remote_real.py"

[ "$dry" = 1 ] || echo "done: the logs are in $out"
