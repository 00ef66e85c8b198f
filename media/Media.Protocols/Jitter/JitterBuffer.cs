using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Jitter;

/// <summary>
/// Puts one peer's RTP packets back into sequence order, driven by their arrival: a packet in order passes at once, a gap holds later
/// packets back for at most the window, then each missing packet is reported as lost. It does not pace playout.
/// Feed it every packet of the stream, telephone-events included: they share the sequence.
/// <code>
/// buffer.Push(packet, now);
/// while (buffer.TryPop(now, out var item)) …          also when NextDeadline has come
/// </code>
/// </summary>
/// <remarks>
/// A timestamp jump between consecutive sequence numbers is silence, not loss. A new SSRC or a sequence jump beyond
/// <see cref="MaxDropout"/> or <see cref="MaxMisorder"/> is accepted when a second, consecutive packet confirms it (RFC 3550
/// appendix A.1); the unconfirmed packet is dropped. Storage grows to what was ever held at once, at most
/// <see cref="Capacity"/> payloads of <see cref="MaxPayloadLength"/>; after that nothing is allocated.
/// </remarks>
public sealed class JitterBuffer
{
    /// <summary>Packets held at once.</summary>
    public const int Capacity = 32;

    /// <summary>Bytes: an Ethernet frame's worth.</summary>
    public const int MaxPayloadLength = 1500;

    /// <summary>A jump ahead of this many packets (2 s of 20 ms) is another stream, not a loss to conceal.</summary>
    public const int MaxDropout = 100;

    /// <summary>RFC 3550 appendix A.1 MAX_MISORDER.</summary>
    public const int MaxMisorder = 100;

    /// <summary>After this many packets without a late one the wait is shortened again by a step.</summary>
    private const int PacketsOfOrder = 500;

    private static readonly TimeSpan WindowStep = TimeSpan.FromMilliseconds(20);

    private readonly JitterBufferOptions _options;
    private TimeSpan _window;
    private int _maxReordering;
    private int _inOrder;
    private readonly int _maxConcealment;
    private readonly Slot[] _held = new Slot[Capacity]; // in sequence order
    private readonly byte[]?[] _spare = new byte[]?[Capacity];
    private int _heldCount;
    private int _spareCount;

    private bool _started;
    private bool _restarting;
    private Ssrc _ssrc;
    private SequenceNumber _next;
    private RtpTimestamp _lastTimestamp;
    private ulong _history; // bit n: _next − 1 − n was delivered, not lost
    private bool _hasCandidate;
    private Ssrc _candidateSsrc;
    private SequenceNumber _candidateNext;
    private long _popped, _lost, _late, _duplicate, _unproven, _rejected, _restarts;

    /// <exception cref="ArgumentOutOfRangeException">A value outside its range.</exception>
    public JitterBuffer(JitterBufferOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxReordering, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxReordering, Capacity);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConcealment, 1);
        _options = options;
        _window = options.Window;
        _maxConcealment = options.MaxConcealment;
        _maxReordering = options.MaxReordering;
    }

    /// <summary>The way in which losses lie, over all streams.</summary>
    public LossPattern Losses { get; } = new();

    public JitterStatistics Statistics => new(_popped, _lost, _late, _duplicate, _unproven, _rejected, _restarts);

    /// <summary>The time at which <see cref="TryPop"/> has an item even if nothing arrives: the end of the current gap's wait.</summary>
    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>Takes in one packet, copying its payload.</summary>
    /// <returns>False when it was dropped: late, duplicate, unproven or rejected, and counted as such.</returns>
    public bool Push(in RtpPacketReader packet, Instant now)
    {
        if (packet.Payload.Length > MaxPayloadLength)
        {
            _rejected++;
            return false;
        }
        if (!IsOfThisStream(packet))
            return false;

        var ahead = packet.SequenceNumber.DistanceFrom(_next);
        if (ahead < 0)
            return DropOld(-ahead - 1);
        var position = _heldCount;
        while (position > 0 && packet.SequenceNumber.DistanceFrom(_held[position - 1].SequenceNumber) < 0)
            position--;
        if (position > 0 && _held[position - 1].SequenceNumber == packet.SequenceNumber)
        {
            _duplicate++;
            return false;
        }
        if (_heldCount == Capacity)
        {
            _rejected++;
            return false;
        }
        Insert(position, packet, now);
        UpdateDeadline();
        return true;
    }

    /// <summary>The next step of the stream, if it is due at <paramref name="now"/>.</summary>
    public bool TryPop(Instant now, out JitterItem item)
    {
        item = default;
        if (_heldCount == 0)
            return false;
        if (_held[0].SequenceNumber == _next)
        {
            item = PopHead();
            return true;
        }
        if (now < NextDeadline && _heldCount < _maxReordering)
            return false;
        item = ReportLoss();
        return true;
    }

    /// <summary>Packets held.</summary>
    public int Count => _heldCount;

    /// <summary>The first packet held is the next of the stream.</summary>
    public bool IsNextHeld => _heldCount > 0 && _held[0].SequenceNumber == _next;

    /// <summary>Timestamp of the first packet held; valid while one is.</summary>
    public RtpTimestamp HeadTimestamp => _held[0].Timestamp;

    /// <summary>Payload type of the first packet held; valid while one is.</summary>
    public byte HeadPayloadType => _held[0].PayloadType;

    /// <summary>
    /// The next step of the stream for a caller that has waited long enough: the next packet, or the loss of one before those that came.
    /// </summary>
    public bool TryTake(out JitterItem item)
    {
        item = default;
        if (_heldCount == 0)
            return false;
        item = IsNextHeld ? PopHead() : ReportLoss();
        return true;
    }

    /// <summary>Clears the stream, for example when the peer's media description changed; the next packet begins a new one.</summary>
    public void Reset()
    {
        while (_heldCount > 0)
            Release(--_heldCount);
        _started = false;
        _hasCandidate = false;
        NextDeadline = Instant.Never;
    }

    private bool IsOfThisStream(in RtpPacketReader packet)
    {
        if (!_started)
        {
            Restart(packet);
            return true;
        }
        var ahead = packet.SequenceNumber.DistanceFrom(_next);
        if (packet.Ssrc == _ssrc && ahead is <= MaxDropout and >= -MaxMisorder)
        {
            _hasCandidate = false;
            return true;
        }
        if (_hasCandidate && packet.Ssrc == _candidateSsrc && packet.SequenceNumber == _candidateNext)
        {
            Reset();
            Restart(packet);
            return true;
        }
        _hasCandidate = true;
        _candidateSsrc = packet.Ssrc;
        _candidateNext = packet.SequenceNumber.Next;
        _unproven++;
        return false;
    }

    private void Restart(in RtpPacketReader packet)
    {
        _started = true;
        _restarting = true;
        _ssrc = packet.Ssrc;
        _next = packet.SequenceNumber;
        _history = 0;
        _restarts++;
    }

    private bool DropOld(int age)
    {
        var wasDelivered = age < 64 && (_history >> age & 1) != 0;
        if (wasDelivered)
            _duplicate++;
        else
            HandleLate(age);
        return false;
    }

    /// <summary>It came after all: this network reorders, and a longer wait would have kept it.</summary>
    private void HandleLate(int age)
    {
        _late++;
        _inOrder = 0;
        if (_window >= _options.MaxWindow)
            return;
        _window = TimeSpan.FromTicks(Math.Min((_window + WindowStep).Ticks, _options.MaxWindow.Ticks));
        _maxReordering = Math.Min(Math.Max(_maxReordering, age + 2), Capacity);
    }

    private void ShortenWindow()
    {
        _inOrder = 0;
        _window = TimeSpan.FromTicks(Math.Max((_window - WindowStep).Ticks, _options.Window.Ticks));
        _maxReordering = Math.Max(_maxReordering - 1, _options.MaxReordering);
    }

    private JitterItem PopHead()
    {
        if (++_inOrder >= PacketsOfOrder)
            ShortenWindow();
        var slot = _held[0];
        _heldCount--;
        Array.Copy(_held, 1, _held, 0, _heldCount);
        _popped++;
        Losses.HandleArrival();
        _spare[_spareCount++] = slot.Storage; // its bytes stay until the next push
        var isRestart = _restarting;
        Advance(slot.Timestamp, delivered: true);
        return new JitterItem
        {
            Kind = JitterItemKind.Packet,
            SequenceNumber = slot.SequenceNumber,
            Timestamp = slot.Timestamp,
            PayloadType = slot.PayloadType,
            Marker = slot.Marker,
            IsRestart = isRestart,
            Payload = slot.Storage.AsSpan(0, slot.Length),
        };
    }

    private JitterItem ReportLoss()
    {
        ref var head = ref _held[0];
        var missing = head.SequenceNumber.DistanceFrom(_next);
        if (missing > _maxConcealment)
        {
            SkipLost(missing - _maxConcealment);
            missing = _maxConcealment;
        }
        _lost++;
        Losses.HandleLoss();
        var sequenceNumber = _next;
        var timestamp = _lastTimestamp + head.Timestamp.DistanceFrom(_lastTimestamp) / (missing + 1);
        Advance(timestamp, delivered: false);
        return new JitterItem
        {
            Kind = JitterItemKind.Lost,
            SequenceNumber = sequenceNumber,
            Timestamp = timestamp,
            PayloadType = head.PayloadType,
            Missing = missing,
            NextTimestamp = head.Timestamp,
            Payload = missing == 1 ? head.Storage.AsSpan(0, head.Length) : default,
        };
    }

    /// <summary>A long gap: its beginning is past concealing, and a burst of concealment would arrive all at once.</summary>
    private void SkipLost(int count)
    {
        var step = _held[0].Timestamp.DistanceFrom(_lastTimestamp) / (_held[0].SequenceNumber.DistanceFrom(_next) + 1);
        _next += count;
        _lastTimestamp += step * count;
        _history = count < 64 ? _history << count : 0;
        _lost += count;
        Losses.HandleLoss(count);
    }

    private void Advance(RtpTimestamp timestamp, bool delivered)
    {
        _next = _next.Next;
        _lastTimestamp = timestamp;
        _restarting = false;
        _history = _history << 1 | (delivered ? 1UL : 0);
        UpdateDeadline();
    }

    /// <summary>Something is held and not next in order: the packet that has waited longest determines when the wait ends.</summary>
    private void UpdateDeadline()
    {
        NextDeadline = Instant.Never;
        if (_heldCount == 0 || _held[0].SequenceNumber == _next)
            return;
        for (var i = 0; i < _heldCount; i++)
            NextDeadline = Instant.Min(NextDeadline, _held[i].Arrival + _window);
    }

    private void Insert(int position, in RtpPacketReader packet, Instant now)
    {
        var storage = _spareCount > 0 ? _spare[--_spareCount]! : new byte[MaxPayloadLength];
        packet.Payload.CopyTo(storage);
        Array.Copy(_held, position, _held, position + 1, _heldCount - position);
        _held[position] = new Slot(
            packet.SequenceNumber, packet.Timestamp, packet.PayloadType, packet.Marker, now, storage, packet.Payload.Length);
        _heldCount++;
    }

    private void Release(int position) => _spare[_spareCount++] = _held[position].Storage;

    private readonly record struct Slot(
        SequenceNumber SequenceNumber, RtpTimestamp Timestamp, byte PayloadType, bool Marker, Instant Arrival, byte[] Storage, int Length);
}
