using System.Diagnostics.CodeAnalysis;
using Media.Engine.Quality;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// One port of a loop that WebRTC legs share: a socket for each binding, what waits to be sent on it, and whose each remote address is.
/// </summary>
/// <remarks>
/// WhatsApp's relays listen on few addresses, and distinguish our calls by the address we send from. Two calls towards one relay address
/// must therefore not share a port: a call claims the addresses of its peer, and one that finds an address taken goes to another port.
/// </remarks>
internal sealed class WebRtcPort : IDisposable
{
    /// <summary>Datagrams per system call. A packet may wait for this many transcodings before it leaves, so it is small.</summary>
    private const int SendBatch = 8;

    private readonly UdpSocket[] _sockets;
    private readonly UdpSendBatch[] _batches;
    private readonly TransportAddress[] _locals;
    private readonly Dictionary<TransportAddress, LoopCall> _owners = [];
    private readonly MediaCounters _counters;

    private WebRtcPort(UdpSocket[] sockets, MediaCounters counters)
    {
        _sockets = sockets;
        _counters = counters;
        _locals = Array.ConvertAll(sockets, socket => socket.Local.ToTransport());
        _batches = Array.ConvertAll(sockets, _ => new UdpSendBatch(SendBatch));
    }

    /// <summary>The bound addresses, in the order of the bindings.</summary>
    public IReadOnlyList<TransportAddress> Locals => _locals;

    public ReadOnlySpan<UdpSocket> Sockets => _sockets;

    /// <summary>Binds every binding to one port; 0: the system chooses, for each binding its own.</summary>
    public static bool TryOpen(
        IReadOnlyList<MediaBinding> bindings, int port, MediaCounters counters,
        [NotNullWhen(true)] out WebRtcPort? opened, out string error)
    {
        opened = null;
        error = "";
        var sockets = new List<UdpSocket>();
        foreach (var binding in bindings)
        {
            if (UdpSocket.TryBind(binding.BindAddress.ToUdp(port), MediaSockets.Shared, out var socket, out var reason))
            {
                sockets.Add(socket);
                continue;
            }
            error = $"{binding.Bind} port {port}: {reason}";
            sockets.ForEach(bound => bound.Dispose());
            return false;
        }
        opened = new WebRtcPort([.. sockets], counters);
        return true;
    }

    /// <summary>Finds the call that datagrams from <paramref name="remote"/> belong to.</summary>
    public bool TryFind(TransportAddress remote, [NotNullWhen(true)] out LoopCall? call) => _owners.TryGetValue(remote, out call);

    /// <summary>Makes <paramref name="remote"/> the call's, unless it is another's.</summary>
    public bool TryClaim(TransportAddress remote, LoopCall call) => _owners.TryAdd(remote, call) || _owners[remote] == call;

    /// <summary>The call gives its address up.</summary>
    public void Disclaim(TransportAddress remote, LoopCall call)
    {
        if (_owners.TryGetValue(remote, out var owner) && owner == call)
            _owners.Remove(remote);
    }

    /// <summary>The buffer for the next datagram from <paramref name="local"/>: at least 2048 bytes. Empty: no such socket.</summary>
    public Span<byte> Begin(TransportAddress local)
    {
        var index = Array.IndexOf(_locals, local);
        if (index < 0)
            return default;
        if (_batches[index].IsFull)
            Flush(index);
        return _batches[index].Next;
    }

    /// <summary>Queues what was written since <see cref="Begin"/>.</summary>
    public void End(TransportAddress local, int length, TransportAddress remote) =>
        _batches[Array.IndexOf(_locals, local)].Commit(length, remote.ToUdp());

    /// <summary>Sends what waits, or drops it.</summary>
    public void Flush(bool maySend)
    {
        for (var i = 0; i < _batches.Length; i++)
        {
            if (!maySend)
                _batches[i].Clear();
            if (_batches[i].Count > 0)
                Flush(i);
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private void Flush(int index)
    {
        var waiting = _batches[index].Count;
        var sent = _sockets[index].Send(_batches[index]);
        for (; sent < waiting; sent++)
            _counters.Drop(DropReason.SendFailed);
    }
}
