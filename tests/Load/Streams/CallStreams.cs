using System.Diagnostics;
using System.Net;
using System.Numerics;
using Benchmarks;
using Media.Engine.Loop;
using Media.Native.Dtls;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Load.Streams;

/// <summary>
/// The media of all calls of the load: one thread sends what every user and phone says, evenly spread over each 20 ms, another receives. A
/// call has a slot, its turn among all. What they say was encoded beforehand, so that the load costs little.
/// </summary>
internal sealed class CallStreams : IDisposable
{
    private const int Slots = 4096;
    private const int SlotBits = 12;

    /// <summary>Longer than a turn: by then no thread uses what was taken out.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromMilliseconds(200);

    private readonly CostOptions _options;
    private readonly SpeechPackets _speech;
    private readonly DtlsCertificate _certificate;
    private readonly BridgeFarEnd?[] _ends = new BridgeFarEnd?[Slots];
    private readonly bool[] _isHushed = new bool[Slots];
    private readonly PriorityQueue<int, int> _free = new(Enumerable.Range(0, Slots).Select(i => (i, i)));
    private readonly Queue<(BridgeFarEnd End, long At)> _closing = [];
    private readonly Poller _poller = new();
    private readonly Thread _receiver;
    private readonly PacedLoad _pace;
    private volatile DelayHistogram _delays = new();
    private volatile bool _isStopping;
    private long _sent;
    private long _delivered;

    public CallStreams(CostOptions options)
    {
        _options = options;
        _speech = new SpeechPackets(options.Bitrate);
        _certificate = DtlsCertificate.Generate(TimeProvider.System, new DtlsOptions { SrtpProfiles = [options.Profile] });
        _receiver = new Thread(Receive) { Name = "far-ends", IsBackground = true };
        _receiver.Start();
        _pace = new PacedLoad(Slots, Turn);
    }

    /// <summary>In new calls nobody says anything: what they cost is their set-up and end.</summary>
    public bool AreSilent { get; set; }

    /// <summary>Packets sent and received, and the load's turns and those that came late, so far.</summary>
    public StreamCounts Counts => new(Volatile.Read(ref _sent), Volatile.Read(ref _delivered), _pace.Turns, _pace.LateTurns);

    /// <summary>Begins a new measurement of delays, and returns the last.</summary>
    public DelayHistogram TakeDelays()
    {
        var taken = _delays;
        _delays = new DelayHistogram();
        return taken;
    }

    /// <summary>Begins to look for gaps in the calls that there are.</summary>
    public void WatchGaps()
    {
        foreach (var (atPhone, atUser) in HeardGaps())
        {
            atPhone.Begin();
            atUser.Begin();
        }
    }

    /// <summary>The longest gap of each call since then, shortest first.</summary>
    public (IReadOnlyList<TimeSpan> AtUsers, IReadOnlyList<TimeSpan> AtPhones) Gaps() => (
        [.. HeardGaps().Select(gaps => gaps.AtUser.Longest).Order()], [.. HeardGaps().Select(gaps => gaps.AtPhone.Longest).Order()]);

    /// <summary>When the last of those gaps ended: a timestamp of the system's clock; null: an end is not heard now.</summary>
    public long? HeardAgain()
    {
        var ends = HeardGaps().SelectMany(gaps => new[] { gaps.AtPhone, gaps.AtUser }).ToArray();
        return ends.All(end => end.IsHeard) ? ends.Max(end => end.EndOfLongest) : null;
    }

    private IEnumerable<(HeardGap AtPhone, HeardGap AtUser)> HeardGaps() => _ends.OfType<BridgeFarEnd>().Select(ends => ends.Gaps);

    /// <summary>The ends of a new call, with sockets of their own.</summary>
    /// <returns>The slot, to be given back; and the ends, which this object disposes.</returns>
    public (int Slot, BridgeFarEnd Ends) Open()
    {
        lock (_free)
        {
            var n = _free.Dequeue();
            var slot = (int)(Reverse((uint)n) >> (32 - SlotBits)); // neighbours in number are far apart in time
            var (user, phone) = (Bind(), Bind());
            var ends = new BridgeFarEnd(_options, _speech, n, _certificate, (user, phone));
            Volatile.Write(ref _isHushed[slot], AreSilent);
            Volatile.Write(ref _ends[slot], ends);
            _poller.Add(user, (ulong)slot * 2);
            _poller.Add(phone, (ulong)slot * 2 + 1);
            return (n, ends);
        }
    }

    /// <summary>Those who are in a call now say nothing more.</summary>
    public void Hush()
    {
        for (var slot = 0; slot < Slots; slot++)
            Volatile.Write(ref _isHushed[slot], true);
    }

    public void Close(int number)
    {
        lock (_free)
        {
            var slot = (int)(Reverse((uint)number) >> (32 - SlotBits));
            var ends = _ends[slot]!;
            _poller.Remove(ends.User.Socket);
            _poller.Remove(ends.Phone.Socket);
            Volatile.Write(ref _ends[slot], null);
            _closing.Enqueue((ends, Stopwatch.GetTimestamp()));
            _free.Enqueue(number, number);
        }
    }

    public void Dispose()
    {
        _pace.Dispose();
        _isStopping = true;
        _poller.Wake();
        _receiver.Join();
        foreach (var ends in _ends)
            ends?.Dispose();
        foreach (var closing in _closing)
            closing.End.Dispose();
        _poller.Dispose();
        _certificate.Dispose();
    }

    private void Turn(int slot, int frame)
    {
        if (!Volatile.Read(ref _isHushed[slot]) && Volatile.Read(ref _ends[slot]) is { } ends)
            Volatile.Write(ref _sent, _sent + ends.Turn(frame));
    }

    private void Receive()
    {
        PacedLoad.PutFirst();
        var buffer = new byte[2048];
        var clock = new InstantClock(TimeProvider.System);
        while (!_isStopping)
        {
            foreach (var token in _poller.Wait(ClosingTime))
                if (Volatile.Read(ref _ends[token / 2]) is { } ends)
                    Receive(ends, atPhone: token % 2 == 1, buffer, clock.Now);
            while (TakeClosed() is { } closed)
                closed.Dispose();
        }
    }

    /// <summary>One that may still have been in the receiver's hands when it closed, and is not any more.</summary>
    private BridgeFarEnd? TakeClosed()
    {
        lock (_free)
            return _closing.TryPeek(out var first) && Stopwatch.GetElapsedTime(first.At) > ClosingTime ? _closing.Dequeue().End : null;
    }

    private void Receive(BridgeFarEnd ends, bool atPhone, byte[] buffer, Instant now)
    {
        var before = ends.Delivered;
        var delay = ends.Receive(atPhone, buffer, now);
        Volatile.Write(ref _delivered, _delivered + ends.Delivered - before);
        if (delay >= 0)
            _delays.Record(TimeSpan.FromSeconds(delay / (double)Stopwatch.Frequency));
    }

    private static uint Reverse(uint value)
    {
        uint reversed = 0;
        for (; value != 0; value &= value - 1)
            reversed |= 1u << (31 - BitOperations.TrailingZeroCount(value));
        return reversed;
    }

    private static UdpSocket Bind() =>
        UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), null, out var socket, out var error)
            ? socket
            : throw new InvalidOperationException($"A loopback socket cannot be opened: {error}.");
}

/// <summary>What streams have counted.</summary>
internal readonly record struct StreamCounts(long Sent, long Delivered, long Turns, long LateTurns)
{
    public static StreamCounts operator -(StreamCounts later, StreamCounts earlier) => new(
        later.Sent - earlier.Sent, later.Delivered - earlier.Delivered, later.Turns - earlier.Turns, later.LateTurns - earlier.LateTurns);

    public double DeliveredShare => Sent == 0 ? 1 : Delivered / (double)Sent;

    public double LateShare => Turns == 0 ? 0 : LateTurns / (double)Turns;
}
