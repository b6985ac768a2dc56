"""Hosts made of network namespaces with limited bandwidth and added delay: pre-training by 1, 2 and 4 of them, a
rank each of one thread, beside the formula of docs/SCALE.md. Wants root, iproute2 and Open MPI.

    python3 mpi_hosts.py SKUA

Prints lines of figure, key, value, note (figures named mpi-hosts, no targets). A step's own time is that of a rank
which passes all windows alone, over the ranks that have a core each: hosts share this machine's cores."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

skua = str(pathlib.Path(sys.argv[1]).resolve())
NET = "width: 128, heads: 4, layers: 4, hidden: 256, patch: 8, context: 16"
STEPS, BATCH, PIECES = 30, 16, 4
LINKS = [(1000, 0), (200, 0), (100, 0), (100, 5)]  # megabits a second each way, milliseconds of one way
BRIDGE, NAME = "skuabr0", "skuah"
environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1",
                   OMPI_MCA_btl="self,tcp", OMPI_MCA_mpi_yield_when_idle="1", OMPI_MCA_btl_tcp_if_include="10.77.0.0/24",
                   OMPI_MCA_oob_tcp_if_include="10.77.0.0/24")


def do(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def make_hosts(n):
    do("ip", "link", "add", BRIDGE, "type", "bridge")
    do("ip", "link", "set", BRIDGE, "up")
    for i in range(1, n + 1):
        host, outer = f"{NAME}{i}", f"{NAME}v{i}"
        do("ip", "netns", "add", host)
        do("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", host)
        do("ip", "link", "set", outer, "master", BRIDGE, "up")
        do("ip", "netns", "exec", host, "ip", "addr", "add", f"10.77.0.{i}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            do("ip", "netns", "exec", host, "ip", "link", "set", device, "up")


def limit(n, megabits, delay):
    """False: this kernel cannot add delay (it has no netem)."""
    burst = max(65536, int(megabits * 1e6 / 8 / 250))
    how = (["netem", "rate", f"{megabits}mbit", "delay", f"{delay}ms", "limit", "20000"] if delay else
           ["tbf", "rate", f"{megabits}mbit", "burst", str(burst), "latency", "500ms"])
    return all(do("ip", "netns", "exec", f"{NAME}{i}", "tc", "qdisc", "replace", "dev", "eth0", "root", *how,
                  check=False).returncode == 0 for i in range(1, n + 1))


def remove_hosts(n):
    for i in range(1, n + 1):
        do("ip", "netns", "del", f"{NAME}{i}", check=False)
    do("ip", "link", "del", BRIDGE, check=False)


def train(folder, ranks):
    """Seconds of a step."""
    agent = folder / "agent"
    agent.write_text('#!/bin/sh\nhost=$1; shift\nexec ip netns exec ' + NAME + '${host##*.} sh -c "$*"\n')
    agent.chmod(0o755)
    hosts = ",".join(f"10.77.0.{i}:1" for i in range(1, ranks + 1))
    command = ["ip", "netns", "exec", f"{NAME}1", "mpirun", "-n", str(ranks), "--host", hosts, "--bind-to", "none",
               "--mca", "plm_rsh_agent", str(agent), "--mca", "plm_rsh_no_tree_spawn", "1", "--mca", "routed", "direct", skua, "pretrain", str(folder / "recipe.yaml"), "-o",
               str(folder / "net.safetensors"), "--weights", "float32", "--threads", "1", "--json", "-q"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"mpi-hosts: {' '.join(command)}: {done.stderr[-1500:]}")
    report = json.loads(done.stdout)
    return BATCH / report["windows_a_second"], report


def main():
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "tc", "mpirun"))):
        sys.exit("mpi-hosts: wants root, iproute2 and Open MPI")
    cores, most = len(os.sched_getaffinity(0)), 4
    remove_hosts(most)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "recipe.yaml").write_text(f"net: {{{NET}}}\ntrain: {{steps: {STEPS}, batch: {BATCH}, pieces: {PIECES}, "
                                            "future: 2, warmup: 5, validation: 4, validate_every: 1000}\n")
        try:
            make_hosts(most)
            limit(most, 10000, 0)
            alone, report = train(folder, 1)
            n = report["parameters"]
            print("mpi-hosts", "step_1", alone, f"seconds, {n} weights, {BATCH} windows a step, one thread", sep="\t")
            for megabits, delay in LINKS:
                if not limit(most, megabits, delay):
                    print(f"mpi-hosts: no delay can be added here: {megabits} Mbit/s with {delay} ms left out", file=sys.stderr)
                    continue
                for ranks in (2, 4):
                    step = train(folder, ranks)[0]
                    own = alone / min(ranks, cores)
                    traffic = 8 * n * (1 - 1 / ranks) / (megabits * 1e6 / 8)
                    wait = 2 * (ranks - 1) * delay / 1000
                    print("mpi-hosts", f"step_{ranks}_{megabits}mbit_{delay:g}ms", step,
                          f"formula {own + traffic + wait:.3f} = work {own:.3f} + traffic {traffic:.3f} + delay {wait:.3f}; "
                          f"efficiency {alone / ranks / step:.2f}", sep="\t", flush=True)
        finally:
            remove_hosts(most)


main()
