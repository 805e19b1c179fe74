"""Back-to-back phases of asyncio.Barrier: prints the nanoseconds a phase."""
import asyncio
import sys
import time


async def main(parties: int, phases: int) -> None:
    barrier = asyncio.Barrier(parties)

    async def party() -> tuple[int, int]:
        for _ in range(3):
            await barrier.wait()
        start = time.monotonic_ns()
        for _ in range(phases):
            await barrier.wait()
        return start, time.monotonic_ns()

    spans = await asyncio.gather(*(party() for _ in range(parties)))
    print((max(end for _, end in spans) - min(start for start, _ in spans)) / phases)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
