using Media.Engine.Loop;
using Media.Native.Net;
using Media.Native.Threads;
using Media.Protocols.Primitives;

namespace Sandbox.Handsets;

/// <summary>
/// A media endpoint that <see cref="PeerLoop"/> drives. Every call comes from the loop's thread, under <see cref="Gate"/>.
/// </summary>
public interface IMediaPeer
{
    /// <summary>The lock that the peer's other callers take too.</summary>
    Lock Gate { get; }

    Instant NextDeadline { get; }

    void HandleDatagram(UdpSocket socket, Span<byte> datagram, TransportAddress remote, Instant now);

    void HandleDeadline(Instant now);
}

/// <summary>One thread for all test endpoints of the process: a load test has hundreds of them.</summary>
public sealed class PeerLoop : IDisposable
{
    /// <summary>The endpoints stand for machines of their own, which the load of this one does not slow.</summary>
    private const int Priority = 6, Niceness = -15;

    public static readonly PeerLoop Shared = new();

    private readonly Poller _poller = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (IMediaPeer Peer, UdpSocket Socket)> _sockets = [];
    private readonly byte[] _buffer = new byte[2048];
    private readonly InstantClock _clock = new(TimeProvider.System);
    private IMediaPeer[] _peers = [];
    private ulong _nextToken;
    private volatile bool _isStopping;

    public PeerLoop() => new Thread(Run) { IsBackground = true, Name = "handsets" }.Start();

    public Instant Now => _clock.Now;

    public void Add(IMediaPeer peer, params ReadOnlySpan<UdpSocket> sockets)
    {
        lock (_lock)
        {
            foreach (var socket in sockets)
            {
                _sockets.Add(_nextToken, (peer, socket));
                _poller.Add(socket, _nextToken++);
            }
            if (!_peers.Contains(peer))
                _peers = [.. _peers, peer];
        }
        Wake();
    }

    public void Remove(IMediaPeer peer)
    {
        lock (_lock)
        {
            foreach (var (token, entry) in _sockets.Where(s => s.Value.Peer == peer).ToList())
            {
                _poller.Remove(entry.Socket);
                _sockets.Remove(token);
            }
            _peers = [.. _peers.Where(p => p != peer)];
        }
    }

    /// <summary>A peer's deadline may have changed.</summary>
    public void Wake() => _poller.Wake();

    public void Dispose()
    {
        _isStopping = true;
        Wake();
    }

    private void Run()
    {
        CurrentThread.TryPutFirst(Priority, Niceness);
        while (!_isStopping)
        {
            var peers = Volatile.Read(ref _peers);
            var now = _clock.Now;
            var next = now + TimeSpan.FromMilliseconds(100);
            foreach (var peer in peers)
            {
                lock (peer.Gate)
                {
                    if (peer.NextDeadline <= now)
                        peer.HandleDeadline(now);
                    next = Instant.Min(next, peer.NextDeadline);
                }
            }
            var wait = next - _clock.Now;
            foreach (var token in _poller.Wait(wait > TimeSpan.Zero ? wait : TimeSpan.Zero))
                Receive(token);
        }
        _poller.Dispose();
    }

    private void Receive(ulong token)
    {
        (IMediaPeer Peer, UdpSocket Socket) entry;
        lock (_lock)
            if (!_sockets.TryGetValue(token, out entry))
                return;
        lock (entry.Peer.Gate)
        {
            // A peer is removed and its sockets are closed under the gate: a peer still in the table is still open.
            lock (_lock)
                if (!_sockets.ContainsKey(token))
                    return;
            for (var i = 0; i < 16 && entry.Socket.TryReceive(_buffer, out var length, out var remote); i++)
                entry.Peer.HandleDatagram(entry.Socket, _buffer.AsSpan(0, length), remote.ToTransport(), _clock.Now);
        }
    }
}
