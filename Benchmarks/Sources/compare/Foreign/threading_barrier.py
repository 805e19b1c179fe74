"""Runs threading.Barrier back to back. Prints the nanoseconds and the CPU nanoseconds per phase."""

import sys
import threading
import time


def run(parties: int, phases: int) -> tuple[int, int]:
    barrier = threading.Barrier(parties)
    spans = []

    def party() -> None:
        for _ in range(3):
            barrier.wait()
        start = time.monotonic_ns()
        for _ in range(phases):
            barrier.wait()
        spans.append((start, time.monotonic_ns()))

    used = time.process_time_ns()
    threads = [threading.Thread(target=party) for _ in range(parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = time.process_time_ns() - used
    return max(end for _, end in spans) - min(start for start, _ in spans), used


def main(parties: int, milliseconds: int) -> None:
    phases = 5
    while True:
        wall, used = run(parties, phases)
        if wall >= milliseconds * 1_000_000:
            print(wall / phases, used / phases)
            return
        phases *= max(2, min(20, int(1.2e6 * milliseconds / wall)))


main(int(sys.argv[1]), int(sys.argv[2]))
