using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Calls;

/// <summary>What one call has still to handle, from any thread to its one reader. A flood ends the call, not the node.</summary>
internal sealed class CallInputs
{
    /// <summary>Far more than any real call queues.</summary>
    public const int Capacity = 256;

    /// <summary>Wakes the reader; the machine does not know it.</summary>
    private static readonly CallInput Wakes = new CallInput.HangUpRequested(HangupCause.NodeLost);

    private readonly Channel<CallInput> _inputs = Channel.CreateBounded<CallInput>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ITimer _deadline;
    private volatile bool _hasLost;

    public CallInputs(TimeProvider time) =>
        _deadline = time.CreateTimer(_ => TryWake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>False once the call has ended, or where there is no room: then the call has missed something.</summary>
    public bool Post(CallInput input)
    {
        var isTaken = _inputs.Writer.TryWrite(input);
        if (!isTaken)
            _hasLost = true; // after the call's end this means nothing
        return isTaken;
    }

    /// <summary>False once the call has ended, or where it has enough to read.</summary>
    public bool TryWake() => _inputs.Writer.TryWrite(Wakes);

    /// <summary>True once after it was: the call has missed an input, and cannot be trusted.</summary>
    public bool TakeLoss()
    {
        if (!_hasLost)
            return false; // and stays as it is: another thread may set it just now
        _hasLost = false;
        return true;
    }

    /// <summary>Null with true: only something that wakes.</summary>
    public bool TryRead(out CallInput? input)
    {
        if (!_inputs.Reader.TryRead(out input))
            return false;
        if (ReferenceEquals(input, Wakes))
            input = null;
        return true;
    }

    /// <summary>Waits for an input, or until a deadline has passed.</summary>
    public async Task WaitAsync(TimeSpan deadline)
    {
        _deadline.Change(deadline, Timeout.InfiniteTimeSpan);
        await _inputs.Reader.WaitToReadAsync();
    }

    /// <summary>The call has ended: no more is taken.</summary>
    public void Complete()
    {
        _inputs.Writer.TryComplete();
        _deadline.Dispose();
    }
}
