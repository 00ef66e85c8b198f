using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Media.Engine.Legs;
using Media.Engine.Metrics;
using Media.Native.Net;
using Media.Native.Threads;
using Media.Protocols.Datagrams;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Net;

/// <summary>
/// One thread and the calls it owns. It sleeps until a socket has datagrams, a command is posted or a deadline comes; then it lets the
/// calls handle what is there, and sends what they want sent. Everything but <see cref="Post"/> belongs to its thread.
/// </summary>
internal sealed class MediaLoop : IDisposable
{
    private const int MaxDatagram = 2048;

    /// <summary>Deadlines are never so late unless the process stood still: it was stopped, or the machine had no time for it.</summary>
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(5);

    /// <summary>Datagrams taken from the shared port per system call.</summary>
    private const int ReceiveBatch = 32;

    /// <summary>Tokens below this are shared sockets, those from here on calls' own.</summary>
    private const ulong FirstCallToken = 1 << 16;

    /// <summary>
    /// Before all other work of the host that has the usual one: a few ms late is heard, and the loop seldom computes for long.
    /// </summary>
    private const int Niceness = -10;

    private readonly Thread _thread;
    private readonly InstantClock _clock;
    private readonly Poller _poller = new();
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly int _index;
    private readonly List<WebRtcPort> _ports = [];
    private readonly List<(WebRtcPort Port, int Socket)> _shared = [];
    private readonly Dictionary<ulong, (CallMedia Call, bool Rtcp)> _watched = [];
    private readonly Dictionary<UdpSocket, ulong> _tokens = [];
    private readonly Dictionary<string, CallMedia> _byUfrag = [];
    private readonly Dictionary<string, CallMedia>.AlternateLookup<ReadOnlySpan<char>> _byUfragChars;
    private readonly DeadlineQueue<CallMedia> _deadlines = new();
    private readonly HashSet<CallMedia> _calls = [];
    private readonly UdpReceiveBatch _batch = new(ReceiveBatch, MaxDatagram);
    private ulong _nextToken = FirstCallToken;
    private int _isWakePending;
    private volatile bool _isStopping;

    public MediaLoop(
        int index, MediaEngineOptions options, DtlsCertificates certificates, PortAllocator ports, InstantClock clock, IEntropy entropy, ILogger logger)
    {
        (_index, Options, Certificates, Ports, _clock, Entropy, Logger) = (index, options, certificates, ports, clock, entropy, logger);
        _byUfragChars = _byUfrag.GetAlternateLookup<ReadOnlySpan<char>>();
        _thread = new Thread(Run) { IsBackground = true, Name = $"media-{index}" };
    }

    public MediaEngineOptions Options { get; }

    public DtlsCertificates Certificates { get; }

    public PortAllocator Ports { get; }

    public IEntropy Entropy { get; }

    public ILogger Logger { get; }

    public LoopCounters Counters { get; } = new();

    public Instant Now => _clock.Now;

    /// <summary>For datagrams that are made before their socket is known: at least 2048 bytes, of no lasting content.</summary>
    public byte[] Scratch { get; } = new byte[MaxDatagram];

    /// <summary>Where PBX legs write the packet they are about to send.</summary>
    public byte[] PbxPacket { get; } = new byte[MaxDatagram];

    /// <summary>Where the first shared port is bound, of the first binding.</summary>
    public TransportAddress WhatsAppAddress => _ports[0].Locals[0];

    /// <summary>What the thread has allocated since it started, bytes; 0 until it published its first figure. For tests and the benchmark.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The system lets the thread go before others. Known once the thread runs.</summary>
    public bool HasPriority { get; private set; }

    /// <summary>Binds the first shared port and starts the thread.</summary>
    /// <exception cref="InvalidOperationException">The port cannot be bound.</exception>
    public void Start()
    {
        if (!TryOpenPort(out var error))
            throw new InvalidOperationException($"A WhatsApp media port cannot be opened: {error}.");
        _thread.Start();
    }

    /// <summary>Lets the loop's thread run <paramref name="command"/>, soon and in order. Any thread.</summary>
    public void Post(Action command)
    {
        _commands.Enqueue(command);
        if (Interlocked.Exchange(ref _isWakePending, 1) == 0)
            _poller.Wake();
    }

    public void Add(CallMedia call)
    {
        _calls.Add(call);
        _deadlines.Update(call);
    }

    public void Remove(CallMedia call) => _calls.Remove(call);

    /// <summary>To be called after anything that happened to a call outside its handlers.</summary>
    public void Reschedule(CallMedia call) => _deadlines.Update(call);

    /// <summary>STUN for this fragment is the call's.</summary>
    public void Register(string ufrag, CallMedia call) => _byUfrag[ufrag] = call;

    public void Unregister(string ufrag) => _byUfrag.Remove(ufrag);

    /// <summary>The shared ports in order, opened as they are needed.</summary>
    public bool TryGetPort(int index, [NotNullWhen(true)] out WebRtcPort? port)
    {
        port = null;
        while (_ports.Count <= index)
            if (_ports.Count == Options.WhatsApp.PortsPerLoop || !TryOpenPort(out _))
                return false;
        port = _ports[index];
        return true;
    }

    public void Watch(UdpSocket socket, CallMedia call, bool rtcp)
    {
        var token = _nextToken++;
        _poller.Add(socket, token);
        _watched.Add(token, (call, rtcp));
        _tokens.Add(socket, token);
    }

    public void Unwatch(UdpSocket socket)
    {
        if (!_tokens.Remove(socket, out var token))
            return;
        _watched.Remove(token);
        _poller.Remove(socket);
    }

    /// <summary>Ends the thread after the commands posted before, and closes the sockets.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            Post(() => _isStopping = true);
            _thread.Join();
        }
        _ports.ForEach(port => port.Dispose());
        _poller.Dispose();
    }

    private bool TryOpenPort(out string error)
    {
        var configured = Options.WhatsApp.Port;
        var number = configured == 0 ? 0 : configured + _ports.Count * Options.EffectiveLoops + _index;
        if (!WebRtcPort.TryOpen(Options.WhatsApp.Bindings, number, Counters, out var port, out error))
            return false;
        _ports.Add(port);
        for (var i = 0; i < port.Sockets.Length; i++)
        {
            _poller.Add(port.Sockets[i], (ulong)_shared.Count);
            _shared.Add((port, i));
        }
        return true;
    }

    private void Run()
    {
        HasPriority = CurrentThread.TrySetNiceness(Niceness);
        while (!_isStopping)
        {
            var ready = _poller.Wait(TimeToDeadline());
            if (_deadlines.Earliest < _clock.Now - Standstill)
                RunDeadlines(); // a leg whose consent ran out meanwhile is dead, whatever has piled up for it
            foreach (var token in ready)
            {
                if (token < FirstCallToken)
                    ReceiveShared(_shared[(int)token].Port, _shared[(int)token].Socket);
                else if (_watched.TryGetValue(token, out var watched)) // else closed since the wait began
                    ReceiveOwn(watched.Call, watched.Rtcp);
            }
            RunCommands();
            RunDeadlines();
            foreach (var port in _ports)
                port.Flush();
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private TimeSpan TimeToDeadline()
    {
        var earliest = _deadlines.Earliest;
        if (earliest == Instant.Never)
            return Timeout.InfiniteTimeSpan;
        var left = earliest - _clock.Now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void RunCommands()
    {
        Volatile.Write(ref _isWakePending, 0);
        Interlocked.MemoryBarrier();
        while (_commands.TryDequeue(out var command))
            command(); // never throws: see MediaCall
    }

    private void RunDeadlines()
    {
        var now = _clock.Now;
        while (_deadlines.TryTakeDue(now, out var call))
        {
            try
            {
                call.HandleDeadline(now);
            }
            catch (Exception e)
            {
                call.Fail(e);
            }
            _deadlines.Update(call);
        }
    }

    private void ReceiveShared(WebRtcPort port, int socket)
    {
        var count = port.Sockets[socket].Receive(_batch);
        for (var i = 0; i < count; i++)
            Dispatch(port, port.Locals[socket], _batch.Remote(i).ToTransport(), _batch.Datagram(i));
    }

    private void Dispatch(WebRtcPort port, TransportAddress local, TransportAddress remote, Span<byte> datagram)
    {
        var kind = DatagramKinds.Classify(datagram);
        CallMedia? call;
        if (kind == DatagramKind.Stun ? !TryFindByStun(port, remote, datagram, out call) : !port.TryFind(remote, out call))
        {
            Counters.Drop(kind == DatagramKind.Stun ? DropReason.UnknownStun : DropReason.Unvalidated);
            return;
        }
        try
        {
            if (kind == DatagramKind.Stun)
                call.HandleStun(datagram, local, remote, _clock.Now);
            else
                call.HandleWhatsApp(kind, datagram, remote, _clock.Now);
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
        _deadlines.Update(call);
    }

    /// <summary>A request names the call by its username, a response by the check it answers.</summary>
    private bool TryFindByStun(WebRtcPort port, TransportAddress remote, ReadOnlySpan<byte> datagram, [NotNullWhen(true)] out CallMedia? call)
    {
        if (StunReader.TryGetReceiverUfrag(datagram, out var ufrag))
        {
            Span<char> chars = stackalloc char[Media.Protocols.Ice.IceCredentials.MaxLength];
            call = null;
            return ufrag.Length <= chars.Length
                && _byUfragChars.TryGetValue(chars[..Encoding.Latin1.GetChars(ufrag, chars)], out call);
        }
        return port.TryFind(remote, out call)
            && StunReader.TryRead(datagram, out var message, out _) && call.IsAwaiting(message.TransactionId);
    }

    private void ReceiveOwn(CallMedia call, bool rtcp)
    {
        if (call.PbxSocket(rtcp) is not { } socket)
            return;
        var count = socket.Receive(_batch);
        var now = _clock.Now;
        try
        {
            for (var i = 0; i < count; i++)
                call.HandlePbx(_batch.Datagram(i), rtcp, _batch.Remote(i).ToTransport(), now);
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
        _deadlines.Update(call);
    }
}
