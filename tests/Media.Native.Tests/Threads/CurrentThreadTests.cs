using Media.Native.Threads;

namespace Media.Native.Tests.Threads;

public class CurrentThreadTests
{
    [Fact]
    public void Gives_the_calling_thread_alone_a_niceness_that_the_threads_it_starts_do_not_inherit()
    {
        var (allowed, own, child, before) = (false, 0, 0, Niceness());
        Run(() =>
        {
            allowed = CurrentThread.TrySetNiceness(-10);
            own = Niceness();
            Run(() => child = Niceness());
        });
        Assert.Equal((allowed ? -10 : before, allowed ? 0 : before, before), (own, child, Niceness()));
    }

    [Fact]
    public void Puts_the_calling_thread_alone_before_others_in_real_time_or_by_niceness()
    {
        var (allowed, own, child, before) = (false, default(Scheduling), default(Scheduling), Scheduling.OfThread());
        Run(() =>
        {
            allowed = CurrentThread.TryPutFirst(5, -10);
            own = Scheduling.OfThread();
            Run(() => child = Scheduling.OfThread());
        });
        Assert.Equal(before, child);
        Assert.Contains(
            own, allowed ? [new Scheduling(Scheduling.RoundRobin, 5, 0), new Scheduling(Scheduling.Usual, 0, -10)] : new[] { before });
    }

    [Fact]
    public void Says_so_where_the_system_does_not_allow_it()
    {
        var (given, refused, left) = (false, true, 0);
        Run(() =>
        {
            given = CurrentThread.TrySetNiceness(5);
            refused = !CurrentThread.TrySetNiceness(-10);
            left = Niceness();
        });
        Assert.True(given);
        Assert.Equal(refused ? 5 : -10, left);
    }

    [Fact]
    public void Counts_the_time_that_the_thread_works_and_not_that_in_which_it_sleeps()
    {
        var (worked, slept) = (TimeSpan.Zero, TimeSpan.Zero);
        Run(() =>
        {
            var before = CurrentThread.ProcessorTime;
            while (CurrentThread.ProcessorTime - before < TimeSpan.FromMilliseconds(20))
                Thread.SpinWait(1000);
            worked = CurrentThread.ProcessorTime - before;
            before = CurrentThread.ProcessorTime;
            Thread.Sleep(50);
            slept = CurrentThread.ProcessorTime - before;
        });
        Assert.True(worked >= TimeSpan.FromMilliseconds(20));
        Assert.InRange(slept, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    private static void Run(ThreadStart work)
    {
        var thread = new Thread(work);
        thread.Start();
        thread.Join();
    }

    private static int Niceness() => Scheduling.OfThread().Niceness;
}
