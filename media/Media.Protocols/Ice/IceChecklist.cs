using System.Runtime.InteropServices;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>Every pair of a local socket and an address of the peer, best first (RFC 8445 §6.1.2), and the limits of all three.</summary>
internal sealed class IceChecklist(IceRole initialRole)
{
    public const int MaxSockets = 4;

    /// <summary>Candidates taken from the peer's SDP.</summary>
    public const int MaxSignalled = 16;

    /// <summary>… and together with those learnt from checks; × sockets is below the 100 pairs of RFC 8445 §6.1.2.5.</summary>
    public const int MaxRemotes = 24;

    private readonly List<IceLocal> _sockets = [];
    private readonly List<IceRemote> _remotes = [];
    private readonly List<IcePair> _pairs = [];
    private int _signalled;
    private long _lastTrigger;

    /// <summary>The role that the priorities are reckoned for.</summary>
    public IceRole Role { get; private set; } = initialRole;

    /// <summary>In descending priority.</summary>
    public ReadOnlySpan<IcePair> Pairs => CollectionsMarshal.AsSpan(_pairs);

    /// <summary>Candidates that share a socket make one entry: they would be pruned as redundant (RFC 8445 §6.1.2.4).</summary>
    public bool TryAddSocket(TransportAddress socket, uint priority)
    {
        if (FindSocket(socket) is { } known)
        {
            known.Priority = Math.Max(known.Priority, priority);
            Sort();
            return true;
        }
        if (_sockets.Count == MaxSockets)
            return false;
        var local = new IceLocal(socket, priority);
        _sockets.Add(local);
        foreach (var remote in _remotes)
            AddPair(local, remote);
        Sort();
        return true;
    }

    /// <summary>A candidate from the peer's SDP, to be checked from every socket of its family.</summary>
    public bool TryAddSignalled(TransportAddress address, uint priority)
    {
        if (!IsUnicast(address))
            return false;
        var remote = FindRemote(address);
        if (remote is null)
        {
            if (_signalled == MaxSignalled || _remotes.Count == MaxRemotes)
                return false;
            remote = new IceRemote(address, priority);
            _remotes.Add(remote);
            _signalled++;
        }
        remote.Priority = Math.Max(remote.Priority, priority); // its own check may have come first, as a peer-reflexive candidate
        foreach (var local in _sockets)
            AddPair(local, remote);
        Sort();
        return true;
    }

    /// <summary>
    /// The remote of an authentic check: a known one, or a peer-reflexive candidate for the socket at which it arrived (RFC 8445 §7.3.1.3).
    /// Null: too many.
    /// </summary>
    public IceRemote? Learn(IceLocal socket, TransportAddress address, uint priority)
    {
        var remote = FindRemote(address);
        if (remote is null)
        {
            if (_remotes.Count == MaxRemotes)
                return null;
            remote = new IceRemote(address, priority);
            _remotes.Add(remote);
        }
        if (FindPair(socket, remote) is null)
        {
            AddPair(socket, remote);
            Sort();
        }
        return remote;
    }

    public IceLocal? FindSocket(TransportAddress socket)
    {
        foreach (var local in _sockets)
            if (local.Socket == socket)
                return local;
        return null;
    }

    public IceRemote? FindRemote(TransportAddress address)
    {
        foreach (var remote in _remotes)
            if (remote.Address == address)
                return remote;
        return null;
    }

    public IcePair? FindPair(IceLocal local, IceRemote remote)
    {
        foreach (var pair in _pairs)
            if (pair.Local == local && pair.Remote == remote)
                return pair;
        return null;
    }

    public IcePair? FindAwaiting(StunTransactionId transaction)
    {
        foreach (var pair in _pairs)
            if (pair.IsAwaiting(transaction))
                return pair;
        return null;
    }

    private bool HasValidatedRemote
    {
        get
        {
            foreach (var remote in _remotes)
                if (remote.Validated)
                    return true;
            return false;
        }
    }

    /// <summary>The reason no pair was nominated in time.</summary>
    public IceFailure FailureReason(bool sawError)
    {
        if (HasValidatedRemote)
            return IceFailure.NotNominated;
        if (_pairs.Count == 0)
            return IceFailure.NoPairs;
        return sawError ? IceFailure.Refused : IceFailure.NoAnswer;
    }

    /// <summary>Puts a pair at the end of the triggered-check queue (RFC 8445 §7.3.1.4), unless it waits there already.</summary>
    public void Trigger(IcePair pair)
    {
        if (pair.TriggerOrder != 0)
            return;
        pair.TriggerOrder = ++_lastTrigger;
        pair.EndCheck();
        if (pair.State != IcePairState.Succeeded)
            pair.State = IcePairState.Waiting;
    }

    /// <summary>The pair to check next: the longest triggered, otherwise the best waiting one (RFC 8445 §6.1.4.2).</summary>
    public IcePair? NextToCheck(bool triggeredOnly)
    {
        IcePair? waiting = null, triggered = null;
        foreach (var pair in _pairs)
        {
            if (pair.TriggerOrder != 0 && (triggered is null || pair.TriggerOrder < triggered.TriggerOrder))
                triggered = pair;
            if (pair.State == IcePairState.Waiting)
                waiting ??= pair;
        }
        return triggered ?? (triggeredOnly ? null : waiting);
    }

    /// <summary>The best pair that works; <paramref name="isSettled"/> when no better one can still turn up.</summary>
    public IcePair? BestValid(out bool isSettled)
    {
        isSettled = true;
        foreach (var pair in _pairs)
        {
            if (pair.State == IcePairState.Succeeded)
                return pair;
            if (pair.State != IcePairState.Failed)
                isSettled = false;
        }
        return null;
    }

    /// <summary>RTO of a new check (RFC 8445 §14.3): grows with the pairs still to be paced, at least 500 ms.</summary>
    public TimeSpan CheckTimeout(TimeSpan pacing)
    {
        var unfinished = 0;
        foreach (var pair in _pairs)
            unfinished += pair.State is IcePairState.Waiting or IcePairState.InProgress ? 1 : 0;
        var timeout = pacing * unfinished;
        return timeout > IcePair.MinimumTimeout ? timeout : IcePair.MinimumTimeout;
    }

    public bool HaveAllFailed()
    {
        foreach (var pair in _pairs)
            if (pair.State != IcePairState.Failed)
                return false;
        return _pairs.Count > 0;
    }

    /// <summary>
    /// Priorities depend on the role (RFC 8445 §7.3.1.1). Checks with the old role are restarted, and nominations are dropped.
    /// </summary>
    public void SwitchRole(IceRole role)
    {
        Role = role;
        foreach (var pair in _pairs)
        {
            pair.IsNominatedByPeer = false;
            pair.EndCheck();
            if (pair.State == IcePairState.InProgress)
                pair.State = IcePairState.Waiting;
        }
        Sort();
    }

    /// <summary>A pair is nominated: nothing else needs checking (RFC 8445 §8.1.2).</summary>
    public void StopChecks()
    {
        foreach (var pair in _pairs)
        {
            pair.TriggerOrder = 0;
            pair.EndCheck();
        }
    }

    private void AddPair(IceLocal local, IceRemote remote)
    {
        if (local.Socket.IsIPv4 == remote.Address.IsIPv4 && IsLinkLocal(local.Socket) == IsLinkLocal(remote.Address)
            && FindPair(local, remote) is null)
            _pairs.Add(new IcePair(local, remote));
    }

    /// <summary>IPv6 link-local addresses pair among themselves only (RFC 8445 §6.1.2.2).</summary>
    private static bool IsLinkLocal(TransportAddress address) => !address.IsIPv4 && address.Bits.High >> 54 == 0xFE80 >> 6;

    /// <summary>Port 0, the unspecified network, multicast and broadcast are no usable addresses.</summary>
    private static bool IsUnicast(TransportAddress address)
    {
        if (address.Port == 0)
            return false;
        if (address.IsIPv4)
            return address.Bits.IPv4 is > 0x00FF_FFFF and < 0xE000_0000;
        return address.Bits != default && (byte)(address.Bits.High >> 56) != 0xFF;
    }

    private void Sort()
    {
        foreach (var pair in _pairs)
            pair.Prioritise(Role);
        _pairs.Sort(static (a, b) => b.Priority.CompareTo(a.Priority));
    }
}
