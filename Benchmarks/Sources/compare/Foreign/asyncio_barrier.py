"""Runs asyncio.Barrier back to back. Prints the nanoseconds and the CPU nanoseconds per phase."""

import asyncio
import sys
import time


async def run(parties: int, phases: int) -> tuple[int, int]:
    barrier = asyncio.Barrier(parties)

    async def party() -> tuple[int, int]:
        for _ in range(3):
            await barrier.wait()
        start = time.monotonic_ns()
        for _ in range(phases):
            await barrier.wait()
        return start, time.monotonic_ns()

    used = time.process_time_ns()
    spans = await asyncio.gather(*(party() for _ in range(parties)))
    used = time.process_time_ns() - used
    return max(end for _, end in spans) - min(start for start, _ in spans), used


async def main(parties: int, milliseconds: int) -> None:
    phases = 5
    while True:
        wall, used = await run(parties, phases)
        if wall >= milliseconds * 1_000_000:
            print(wall / phases, used / phases)
            return
        phases *= max(2, min(20, int(1.2e6 * milliseconds / wall)))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
