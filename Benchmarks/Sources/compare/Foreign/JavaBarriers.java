import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Phaser;

/** Runs Java's CyclicBarrier or Phaser back to back. Prints the nanoseconds per phase. */
public class JavaBarriers {
  interface Waiter {
    void await() throws Exception;
  }

  static Waiter create(String kind, int parties) {
    if (kind.equals("CyclicBarrier")) {
      CyclicBarrier barrier = new CyclicBarrier(parties);
      return barrier::await;
    }
    Phaser phaser = new Phaser(parties);
    return phaser::arriveAndAwaitAdvance;
  }

  static double run(String kind, int parties, int phases) throws Exception {
    Waiter barrier = create(kind, parties);
    long[] starts = new long[parties];
    long[] ends = new long[parties];
    Thread[] threads = new Thread[parties];
    for (int party = 0; party < parties; party++) {
      int index = party;
      threads[party] = new Thread(null, () -> {
        try {
          for (int phase = 0; phase < 3; phase++) barrier.await();
          starts[index] = System.nanoTime();
          for (int phase = 0; phase < phases; phase++) barrier.await();
          ends[index] = System.nanoTime();
        } catch (Exception error) {
          throw new RuntimeException(error);
        }
      }, "party", 256 * 1024);
      threads[party].start();
    }
    long start = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    for (int party = 0; party < parties; party++) {
      threads[party].join();
      start = Math.min(start, starts[party]);
      end = Math.max(end, ends[party]);
    }
    return end - start;
  }

  public static void main(String[] arguments) throws Exception {
    int parties = Integer.parseInt(arguments[1]);
    double length = 1e6 * Integer.parseInt(arguments[2]);
    int phases = 10;
    while (true) {
      double wall = run(arguments[0], parties, phases);
      if (wall >= length) {
        System.out.println(wall / phases);
        return;
      }
      phases = (int) (phases * Math.max(2, Math.min(20, 1.2 * length / wall)));
    }
  }
}
