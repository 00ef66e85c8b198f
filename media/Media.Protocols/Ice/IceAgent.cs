using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>
/// ICE for one data stream with one component (RFC 8445; rtcp-mux and BUNDLE are a given here), sans I/O. Feed it datagrams and time; after
/// every call drain <see cref="TryPollTransmit"/>, then <see cref="TryPollEvent"/>, then sleep until <see cref="NextDeadline"/>. One owner,
/// no locks.
/// </summary>
public sealed class IceAgent
{
    /// <summary>No datagram of an agent is longer: two user name fragments of 256 characters and all attributes.</summary>
    public const int MaxTransmitLength = 640;

    private readonly IceAgentOptions _options;
    private readonly IEntropy _entropy;
    private readonly IceKeys _keys;
    private readonly IceRoles _roles;
    private readonly IceChecklist _checklist;
    private readonly IcePacer _pacer;
    private readonly IceReplies _replies = new();
    private readonly IceConsent _consent;
    private readonly IceSelection _selection;
    private readonly Queue<IceEvent> _events = new(4);
    private readonly DeadlineTable<IceDeadline> _deadlines = new();

    private bool _remoteLite;
    private bool _isStarted;
    private bool _hasEnded;
    private bool _sawError;
    private Instant _failAt = Instant.Never;

    /// <exception cref="ArgumentException">Our own credentials are not usable.</exception>
    public IceAgent(IceAgentOptions options, IEntropy entropy)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entropy);
        if (!options.Local.IsUsable)
            throw new ArgumentException("The local credentials break RFC 8839 §5.4.", nameof(options));
        _options = options;
        _entropy = entropy;
        _keys = new IceKeys(options.Local, options.Lite);
        _roles = new IceRoles(options, entropy);
        _checklist = new IceChecklist(Role);
        _pacer = new IcePacer(_checklist, options.Pacing, options.Moves > 0, entropy);
        _consent = new IceConsent(options.ConsentInterval, options.ConsentLifetime, entropy);
        _selection = new IceSelection(options, _roles, _checklist, _consent, _events);
    }

    /// <summary>Changes when a role conflict is lost, and to controlling when the peer is lite and we are not.</summary>
    public IceRole Role => _roles.Current;

    /// <summary>The nominated path; null before <see cref="IceEventKind.Connected"/>.</summary>
    public IcePath? Selected => _selection.Selected?.Path;

    /// <summary>The time at which to call <see cref="HandleDeadline"/> and drain; in the past when something is due at once.</summary>
    public Instant NextDeadline => Deadlines.Next;

    /// <summary>The deadlines that the agent waits for, by name, as of now; for reading only.</summary>
    public DeadlineTable<IceDeadline> Deadlines
    {
        get
        {
            _deadlines.Clear();
            if (_replies.Count > 0 || (!_isStarted && _keys.HasRemote))
                _deadlines[IceDeadline.Transmit] = default;
            if (_hasEnded)
                return _deadlines;
            _deadlines[IceDeadline.ConsentCheck] = _consent.NextCheckAt;
            _deadlines[IceDeadline.ConsentExpiry] = _consent.ExpiresAt;
            _deadlines[IceDeadline.Failure] = IsSelected ? Instant.Never : _failAt;
            if (_options.Lite || !_isStarted)
                return _deadlines;
            _deadlines[IceDeadline.DeadPath] = _selection.DiesAt;
            _deadlines[IceDeadline.Settle] = _selection.SettlesAt;
            _deadlines[IceDeadline.Check] = _pacer.NextDueAt(triggeredOnly: IsSelected);
            return _deadlines;
        }
    }

    /// <summary>
    /// A check with valid integrity came from this address, or was answered by it, and consent has not ended. Datagrams other than
    /// STUN from any other address must be dropped unread.
    /// </summary>
    public bool IsValidated(TransportAddress remote) =>
        !_hasEnded && (_selection.Selected?.Remote.Address == remote || _checklist.FindRemote(remote) is { Validated: true });

    /// <summary>The response belongs to a request of this agent: for finding the agent behind a port that several share.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => _checklist.FindAwaiting(transaction) is not null;

    /// <summary>Adds an own candidate. Several may share one socket (a private host address and the public one a NAT maps it to).</summary>
    /// <param name="candidate">As it stands in our SDP.</param>
    /// <param name="socket">The address of the local socket as <see cref="HandleDatagram"/> will name it; null: the candidate's own
    /// address.</param>
    /// <returns>False when there are too many, or when it is not for component 1.</returns>
    public bool AddLocalCandidate(IceCandidate candidate, TransportAddress? socket = null)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return candidate.Component == 1 && _checklist.TryAddSocket(socket ?? candidate.Address, candidate.Priority);
    }

    /// <summary>The peer's credentials, which start the checks. False when they are unusable or when others were set before.</summary>
    public bool SetRemote(IceCredentials credentials, bool lite)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (_keys.HasRemote || !credentials.IsUsable)
            return false;
        _keys.SetRemote(credentials);
        _remoteLite = lite;
        if (lite)
            _roles.FaceLitePeer();
        FollowRole();
        return true;
    }

    /// <summary>Adds a candidate from the peer's SDP, before or after <see cref="SetRemote"/>. False: of no use, or too many.</summary>
    public bool AddRemoteCandidate(IceCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return candidate.Component == 1 && _checklist.TryAddSignalled(candidate.Address, candidate.Priority);
    }

    /// <summary>
    /// Takes a datagram that <see cref="Datagrams.DatagramKinds"/> called STUN. Nothing but a verdict and an error reply comes of one that
    /// is not authentic.
    /// </summary>
    /// <param name="datagram">All of it.</param>
    /// <param name="local">The socket it arrived at, as named to <see cref="AddLocalCandidate"/>.</param>
    /// <param name="remote">Its sender.</param>
    /// <param name="now">The time of arrival.</param>
    public IceVerdict HandleDatagram(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (!StunReader.TryRead(datagram, out var message, out _))
            return IceVerdict.Malformed;
        if (_hasEnded || _checklist.FindSocket(local) is not { } socket)
            return IceVerdict.Ignored;
        Start(now);
        return message.Class switch
        {
            StunClass.Request => HandleRequest(message, socket, remote, now),
            StunClass.Indication => IceVerdict.Keepalive,
            _ => HandleResponse(message, local, remote, now),
        };
    }

    /// <summary>Lets time pass: checks given up, nomination, consent, failure.</summary>
    public void HandleDeadline(Instant now)
    {
        Start(now);
        if (_hasEnded)
            return;
        foreach (var pair in _checklist.Pairs)
        {
            if (pair.NextSendAt <= now && !pair.HasSendsLeft)
                _selection.Fail(pair);
        }
        _selection.HandleDeadline(now);
        if (_consent.ExpiresAt <= now)
            End(new IceEvent(IceEventKind.ConsentLost, default, IceFailure.None));
        else if (!IsSelected && (_failAt <= now || (_remoteLite && _checklist.HaveAllFailed())))
            End(new IceEvent(IceEventKind.Failed, default, _checklist.FailureReason(_sawError)));
    }

    /// <summary>Writes the next datagram that is due, if any, into a buffer of at least <see cref="MaxTransmitLength"/> bytes.</summary>
    public bool TryPollTransmit(Span<byte> buffer, Instant now, out IceTransmit transmit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, MaxTransmitLength, nameof(buffer));
        if (_replies.TryTake(out var reply))
        {
            transmit = new IceTransmit(IceMessages.WriteReply(buffer, reply, _keys.LocalPassword), reply.Local, reply.Remote);
            return true;
        }
        transmit = default;
        Start(now);
        if (_hasEnded || !_isStarted || _options.Lite || !TryBeginNext(now, out var pair, out var transaction))
            return false;
        var priority = _options.Moves > 0 ? IcePriority.AfterMoves(_options.Moves) : IcePriority.AsPeerReflexive(pair.Local.Priority);
        var length = IceMessages.WriteCheck(buffer, transaction, _keys, _roles.TieBreaker, priority, _options.Moves);
        transmit = new IceTransmit(length, pair.Local.Socket, pair.Remote.Address);
        return true;
    }

    public bool TryPollEvent(out IceEvent next) => _events.TryDequeue(out next);

    private bool IsSelected => _selection.Selected is not null;

    private void Start(Instant now)
    {
        if (_isStarted || !_keys.HasRemote)
            return;
        _isStarted = true;
        if (!IsSelected) // a lite agent may have been nominated to before its peer's SDP came
            _failAt = now + _options.FailAfter;
    }

    /// <summary>RFC 8445 §7.3, in the order of trust: integrity, comprehension, role, and only then the rest.</summary>
    private IceVerdict HandleRequest(in StunReader request, IceLocal socket, TransportAddress from, Instant now)
    {
        var refusal = Examine(request, out var unknown);
        if (refusal != StunErrorCode.None)
        {
            _replies.Add(new IceReply(request.TransactionId, socket.Socket, from, refusal, unknown));
            return IceVerdicts.Of(refusal);
        }
        var remote = _checklist.Learn(socket, from, request.Priority ?? IcePriority.AsPeerReflexive(0));
        if (remote is null || _checklist.FindPair(socket, remote) is not { } pair)
            return IceVerdict.Ignored;
        _replies.Add(new IceReply(request.TransactionId, socket.Socket, from, StunErrorCode.None, default));
        remote.Validated = true;
        if (_options.Lite)
            HandleCheckAsLite(pair, request.UseCandidate, now);
        else
            HandleCheck(pair, request.UseCandidate, now);
        return IceVerdict.Accepted;
    }

    private StunErrorCode Examine(in StunReader request, out IceUnknownTypes unknown)
    {
        unknown = default;
        var refusal = _keys.Authenticate(request);
        if (refusal != StunErrorCode.None)
            return refusal;
        Span<ushort> types = stackalloc ushort[IceUnknownTypes.Max];
        unknown = IceUnknownTypes.From(types[..request.FindUnknownRequired(types)]);
        if (unknown.Count > 0)
            return StunErrorCode.UnknownAttribute;
        if (!_roles.Settle(request))
            return StunErrorCode.RoleConflict;
        FollowRole();
        return StunErrorCode.None;
    }

    /// <summary>
    /// A lite agent takes what the peer nominates (RFC 8445 §7.3.2); every check is the consent that it goes on sending by.
    /// </summary>
    private void HandleCheckAsLite(IcePair pair, bool useCandidate, Instant now)
    {
        pair.State = IcePairState.Succeeded;
        if (useCandidate)
            _selection.Select(pair, now);
        if (pair == _selection.Selected)
            _consent.Renew(now);
    }

    /// <summary>RFC 8445 §7.3.1.4 and §7.3.1.5.</summary>
    private void HandleCheck(IcePair pair, bool useCandidate, Instant now)
    {
        var nominates = useCandidate && Role == IceRole.Controlled;
        if (nominates && pair.State == IcePairState.Succeeded)
        {
            _selection.Select(pair, now);
            return;
        }
        pair.IsNominatedByPeer |= nominates;
        if (IsSelected && pair != _selection.Selected)
            _selection.HandleCheckElsewhere(pair, now);
        if (pair.State != IcePairState.Succeeded && (!IsSelected || nominates))
            _checklist.Trigger(pair);
    }

    /// <summary>RFC 8445 §7.2.5.</summary>
    private IceVerdict HandleResponse(in StunReader response, TransportAddress local, TransportAddress remote, Instant now)
    {
        var pair = _checklist.FindAwaiting(response.TransactionId);
        if (pair is null)
            return IceVerdict.UnknownTransaction;
        _sawError |= response.Class == StunClass.Error; // unauthenticated, so it only names the failure
        if (!response.HasValidIntegrity(_keys.RemotePassword))
            return IceVerdict.Unauthentic;
        var transaction = pair.Complete(response.TransactionId);
        if (pair.Local.Socket != local || pair.Remote.Address != remote)
        {
            _selection.Fail(pair);
            return IceVerdict.Asymmetric;
        }
        if (response.ErrorCode == (int)StunErrorCode.RoleConflict)
        {
            HandleRoleConflict(pair, transaction);
            return IceVerdict.Rejected;
        }
        Span<ushort> unknown = stackalloc ushort[1];
        if (response.Class == StunClass.Error || response.XorMappedAddress is not { } mapped || response.FindUnknownRequired(unknown) > 0)
        {
            _selection.Fail(pair);
            return IceVerdict.Rejected;
        }
        HandleSuccess(pair, transaction, mapped, now);
        return IceVerdict.Accepted;
    }

    private void HandleSuccess(IcePair pair, IceTransaction transaction, TransportAddress mapped, Instant now)
    {
        pair.Remote.Validated = true;
        pair.Mapped = mapped;
        if (pair.State != IcePairState.Succeeded)
        {
            pair.State = IcePairState.Succeeded;
            pair.EndCheck();
            pair.TriggerOrder = 0;
        }
        _selection.HandleSuccess(pair, transaction, now);
    }

    /// <summary>RFC 8445 §7.2.5.1.</summary>
    private void HandleRoleConflict(IcePair pair, IceTransaction transaction)
    {
        _roles.Concede(transaction.Role);
        FollowRole();
        if (!IsSelected)
            _checklist.Trigger(pair);
    }

    private void FollowRole()
    {
        if (_checklist.Role != Role)
            _selection.SwitchRole();
    }

    private bool TryBeginNext(Instant now, out IcePair pair, out IceTransaction transaction)
    {
        if (_selection.Selected is not { } selected || now < _consent.NextCheckAt)
            return _pacer.TryBegin(_selection.Nominating, triggeredOnly: IsSelected, now, out pair, out transaction);
        _consent.Asked(now);
        pair = selected;
        transaction = pair.BeginConsentCheck(StunTransactionId.Next(_entropy), Role);
        return true;
    }

    private void End(IceEvent last)
    {
        _hasEnded = true;
        _selection.End();
        _events.Enqueue(last);
    }
}
