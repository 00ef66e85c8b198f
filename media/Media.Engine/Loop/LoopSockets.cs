using System.Diagnostics.CodeAnalysis;
using System.Text;
using Media.Engine.Quality;
using Media.Native.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Engine.Loop;

/// <summary>
/// A socket that has datagrams, and whose they are: one call's own, or, where <see cref="Call"/> is null, those of a shared port.
/// </summary>
/// <param name="Socket">To receive from.</param>
/// <param name="Local">Its address, for shared ones.</param>
/// <param name="Shared">The port that it belongs to, for shared ones.</param>
/// <param name="Call">Its owner, for a call's own.</param>
/// <param name="Side">The leg that it is of, for a call's own.</param>
/// <param name="Rtcp">The second of the leg's pair.</param>
internal readonly record struct ReadySocket(
    UdpSocket Socket, TransportAddress Local, WebRtcPort? Shared, LoopCall? Call, PbxSide Side, bool Rtcp);

/// <summary>
/// The sockets of one loop and whose they are: ports that WebRTC legs share, opened as they are needed, and the pairs of the calls' own.
/// All but <see cref="Wake"/> belongs to the loop's thread.
/// </summary>
internal sealed class LoopSockets(int loopIndex, MediaEngineOptions options, MediaCounters counters, ISendGate? gate) : IDisposable
{
    private readonly Poller _poller = new();
    private readonly List<WebRtcPort> _ports = [];
    private readonly Dictionary<ulong, ReadySocket> _watched = [];
    private readonly Dictionary<UdpSocket, ulong> _tokens = [];
    private readonly Dictionary<string, LoopCall> _byUfrag = [];
    private ulong _nextToken;

    /// <summary>False: nothing may leave this process at the moment.</summary>
    public bool MaySend => gate is null || gate.IsOpen;

    /// <summary>Sleeps until a socket has datagrams, the time is over or somebody calls <see cref="Wake"/>.</summary>
    /// <returns>Tokens for <see cref="TryGetReady"/>.</returns>
    public ReadOnlySpan<ulong> Wait(TimeSpan timeout) => _poller.Wait(timeout);

    /// <summary>Ends a wait. Any thread.</summary>
    public void Wake() => _poller.Wake();

    /// <summary>False: the socket was closed since the wait began.</summary>
    public bool TryGetReady(ulong token, out ReadySocket ready) => _watched.TryGetValue(token, out ready);

    /// <summary>The shared ports in order, opened as they are asked for.</summary>
    public bool TryGetShared(int index, [NotNullWhen(true)] out WebRtcPort? port)
    {
        port = null;
        while (_ports.Count <= index)
            if (_ports.Count == options.WhatsApp.PortsPerLoop || !TryOpenShared(out _))
                return false;
        port = _ports[index];
        return true;
    }

    public bool TryOpenShared(out string error)
    {
        var configured = options.WhatsApp.Port;
        var number = configured == 0 ? 0 : configured + _ports.Count * options.EffectiveLoops + loopIndex;
        if (!WebRtcPort.TryOpen(options.WhatsApp.Bindings, number, counters, out var port, out error))
            return false;
        _ports.Add(port);
        for (var i = 0; i < port.Sockets.Length; i++)
            Watch(port.Sockets[i], new ReadySocket(port.Sockets[i], port.Locals[i], port, null, default, false));
        return true;
    }

    /// <summary>STUN for this fragment is the call's.</summary>
    public void Register(string ufrag, LoopCall call) => _byUfrag[ufrag] = call;

    public void Unregister(string ufrag) => _byUfrag.Remove(ufrag);

    /// <summary>Gives the call whatever comes to this socket.</summary>
    public void Watch(UdpSocket socket, LoopCall call, PbxSide side, bool rtcp) =>
        Watch(socket, new ReadySocket(socket, default, null, call, side, rtcp));

    public void Unwatch(UdpSocket socket)
    {
        if (!_tokens.Remove(socket, out var token))
            return;
        _watched.Remove(token);
        _poller.Remove(socket);
    }

    /// <summary>Finds the call that a datagram at a shared port belongs to. STUN: by what it names. Else: by where it comes from.</summary>
    public bool TryFind(
        WebRtcPort port, TransportAddress remote, ReadOnlySpan<byte> datagram, bool isStun, [NotNullWhen(true)] out LoopCall? call) =>
        isStun ? TryFindByStun(port, remote, datagram, out call) : port.TryFind(remote, out call);

    /// <summary>Sends what waits on the shared ports.</summary>
    public void Flush()
    {
        foreach (var port in _ports)
            port.Flush(MaySend);
    }

    public void Dispose()
    {
        _ports.ForEach(port => port.Dispose());
        _poller.Dispose();
    }

    private void Watch(UdpSocket socket, in ReadySocket ready)
    {
        var token = _nextToken++;
        _poller.Add(socket, token);
        _watched.Add(token, ready);
        _tokens.Add(socket, token);
    }

    /// <summary>A request names the call by its username, a response by the check it answers.</summary>
    private bool TryFindByStun(
        WebRtcPort port, TransportAddress remote, ReadOnlySpan<byte> datagram, [NotNullWhen(true)] out LoopCall? call)
    {
        if (StunReader.TryGetReceiverUfrag(datagram, out var ufrag))
        {
            Span<char> chars = stackalloc char[IceCredentials.MaxLength];
            call = null;
            return ufrag.Length <= chars.Length
                && _byUfrag.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars[..Encoding.Latin1.GetChars(ufrag, chars)], out call);
        }
        return port.TryFind(remote, out call)
            && StunReader.TryRead(datagram, out var message, out _) && call.Session.IsAwaiting(message.TransactionId);
    }
}
