using Media.Native.Threads;

namespace Media.Native.Tests.Threads;

public class RealTimeThreadTests
{
    [Fact]
    public void Another_thread_puts_it_back_until_it_goes_first_again()
    {
        var seen = new List<Scheduling>();
        var (before, isAllowed) = (default(Scheduling), false);
        Run(() =>
        {
            before = Scheduling.OfThread();
            if (RealTimeThread.TryPutFirst(3) is not { } thread)
                return;
            isAllowed = true;
            thread.PutFirst(); // it is
            seen.Add(Scheduling.OfThread());
            Run(() =>
            {
                thread.PutBack();
                thread.PutBack();
            });
            seen.Add(Scheduling.OfThread());
            thread.PutFirst();
            seen.Add(Scheduling.OfThread());
        });
        var first = before with { Policy = Scheduling.RoundRobin, Priority = 3 };
        Assert.Equal(isAllowed ? [first, before, first] : [], seen);
    }

    private static void Run(ThreadStart work)
    {
        var thread = new Thread(work);
        thread.Start();
        thread.Join();
    }
}
