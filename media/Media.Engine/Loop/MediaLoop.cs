using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Engine.Session;
using Media.Native.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Loop;

/// <summary>
/// One thread and the sessions it owns. It sleeps until a socket has datagrams, a command is posted or a deadline comes; then it lets the
/// sessions handle what is there, drains them, and sends what waits. Everything but <see cref="Open"/> and <see cref="Post"/> belongs to
/// its thread.
/// </summary>
internal sealed partial class MediaLoop : IDisposable
{
    /// <summary>Datagrams taken from a socket per system call.</summary>
    private const int ReceiveBatch = 32;

    /// <summary>Deadlines are never so late unless the process stood still: it was stopped, or the machine had no time for it.</summary>
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(5);

    private readonly Thread _thread;
    private readonly InstantClock _clock;
    private readonly PortAllocator _rtpPorts;
    private readonly ILogger _logger;
    private readonly LoopSockets _sockets;
    private readonly LoopCommands _commands = new();
    private readonly DeadlineQueue<LoopCall> _deadlines = new();
    private readonly UdpReceiveBatch _batch = new(ReceiveBatch, MediaContext.MaxDatagram);
    private readonly MediaContext _context;
    private readonly LoopWatch _watch;
    private readonly LoopTurn _turn = new();
    private volatile bool _isStopping;

    public MediaLoop(
        int index, MediaEngineOptions options, PortAllocator rtpPorts, InstantClock clock, IEntropy entropy, ILogger logger,
        ISendGate? gate)
    {
        (_rtpPorts, _clock, _logger) = (rtpPorts, clock, logger);
        _context = new MediaContext(options, entropy);
        _watch = new LoopWatch(index, options, _context.Effort, clock.Now, logger);
        _sockets = new LoopSockets(index, options, Counters, gate);
        _thread = new Thread(Run) { IsBackground = true, Name = $"media-{index}" };
    }

    public MediaCounters Counters => _context.Counters;

    /// <summary>How busy the thread is. Any thread.</summary>
    public LoopWatch Watch => _watch;

    public Instant Now => _clock.Now;

    /// <summary>The address at which the first shared port of the first binding is bound.</summary>
    public TransportAddress WhatsAppAddress { get; private set; }

    /// <summary>
    /// The bytes that the thread has allocated since it started; 0 until it published its first figure. For tests and the benchmark.
    /// </summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>True when the system lets the thread go before others. Known once the thread runs.</summary>
    public bool HasPriority { get; private set; }

    /// <summary>For the <see cref="LoopGuard"/>.</summary>
    public LoopTurn Turn => _turn;

    /// <summary>Binds the first shared port and starts the thread.</summary>
    /// <exception cref="InvalidOperationException">The port cannot be bound.</exception>
    public void Start()
    {
        if (!_sockets.TryOpenShared(out var error))
            throw new InvalidOperationException($"A WhatsApp media port cannot be opened: {error}.");
        WhatsAppAddress = _sockets.TryGetShared(0, out var port) ? port.Locals[0] : default;
        _thread.Start();
    }

    /// <summary>Begins a session. Any thread.</summary>
    /// <param name="identity">What it shows in DTLS.</param>
    /// <param name="rtpPort">The even port of the pair reserved for it.</param>
    public LoopCall Open(IDtlsIdentity identity, ushort rtpPort)
    {
        var call = new LoopCall();
        var port = new LoopPort(_sockets, call, new RtpPorts(call, PbxSide.First, _sockets, _context.Options.Pbx, _rtpPorts, rtpPort));
        call.Session = new MediaSession(_context, port, identity, Now);
        Post(() => _deadlines.Schedule(call));
        return call;
    }

    /// <summary>Lets the loop's thread run <paramref name="command"/>, soon and in order. Any thread.</summary>
    public void Post(Action command)
    {
        if (_commands.Add(command))
            _sockets.Wake();
    }

    /// <summary>To be called after anything that happened to a session outside the loop's own handlers.</summary>
    public void Settle(LoopCall call)
    {
        call.Drain(Counters);
        _deadlines.Schedule(call);
        _watch.Follow(call);
    }

    /// <summary>Something inside this session broke: it ends, its neighbours do not notice.</summary>
    public void Fail(LoopCall call, Exception reason)
    {
        if (call.Session.IsOver)
            return;
        LogFailed(reason);
        call.Session.Fail(reason);
    }

    /// <summary>Ends the thread after the commands posted before, and closes the sockets.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            Post(() => _isStopping = true);
            _thread.Join();
        }
        _sockets.Dispose();
    }

    private void Run()
    {
        HasPriority = _turn.TryPutFirst();
        while (!_isStopping)
        {
            var due = Instant.Min(_deadlines.NextDeadline, _watch.NextReading);
            _turn.End();
            var tokens = _sockets.Wait(TimeTo(due));
            var woke = Now;
            _turn.Begin(woke);
            if (_deadlines.NextDeadline < woke - Standstill)
                RunDeadlines(); // a leg whose consent ran out meanwhile is lost, whatever has piled up for it
            foreach (var token in tokens)
                if (_sockets.TryGetReady(token, out var ready))
                    Receive(ready);
            _commands.Run(); // none throws: see MediaCall
            RunDeadlines();
            _sockets.Flush();
            _watch.EndRound(due, woke, Now);
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private TimeSpan TimeTo(Instant due)
    {
        var left = due - Now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void RunDeadlines()
    {
        var now = Now;
        while (_deadlines.TryTakeDue(now, out var call))
        {
            try
            {
                call.Session.HandleDeadline(now);
            }
            catch (Exception e)
            {
                Fail(call, e);
            }
            Settle(call);
        }
    }

    private void Receive(in ReadySocket ready)
    {
        var count = ready.Socket.Receive(_batch);
        if (ready.Call is { } call)
        {
            ReceiveOwn(call, ready.Side, ready.Rtcp, count);
            return;
        }
        for (var i = 0; i < count; i++)
            Dispatch(ready, _batch.Remote(i).ToTransport(), _batch.Datagram(i));
    }

    private void ReceiveOwn(LoopCall call, PbxSide side, bool rtcp, int count)
    {
        var now = Now;
        try
        {
            for (var i = 0; i < count; i++)
                call.Session.Handle(_batch.Datagram(i), side, rtcp, _batch.Remote(i).ToTransport(), now);
        }
        catch (Exception e)
        {
            Fail(call, e);
        }
        Settle(call);
    }

    private void Dispatch(in ReadySocket ready, TransportAddress remote, Span<byte> datagram)
    {
        var isStun = DatagramKinds.Classify(datagram) == DatagramKind.Stun;
        if (!_sockets.TryFind(ready.Shared!, remote, datagram, isStun, out var call))
        {
            Counters.Drop(isStun ? DropReason.UnknownStun : DropReason.Unvalidated);
            return;
        }
        try
        {
            call.Session.Handle(datagram, ready.Local, remote, Now);
        }
        catch (Exception e)
        {
            Fail(call, e);
        }
        Settle(call);
    }

    [LoggerMessage(LogLevel.Error, "The media of a call failed; the call ends, others go on.")]
    private partial void LogFailed(Exception reason);
}
