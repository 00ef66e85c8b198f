namespace Gateway.Calls.Agents;

/// <summary>An agent as <see cref="AgentPool"/> keeps one. What differs afterwards is published by the pool (<see cref="Was"/>).</summary>
internal sealed class PooledAgent
{
    /// <summary>The shortest time that the shared registry tells apart.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private AgentActivity _activity;
    private CallId? _call;

    public PooledAgent(AgentId id, DateTimeOffset now)
    {
        (Id, Since, IdleSince) = (id, now, now);
        Was = Status;
    }

    public AgentId Id { get; }

    public IReadOnlyDictionary<GroupId, AgentMembership> Groups { get; set; } = new Dictionary<GroupId, AgentMembership>();

    public AgentPresence Presence { get; set; }

    public string? Reason { get; set; }

    public bool BusyAtPbx { get; set; }

    /// <summary>The last token given.</summary>
    public long Token { get; set; }

    /// <summary>The token of the call that has the agent; 0: none has.</summary>
    public long Held { get; private set; }

    /// <summary>The token with which the agent was last given back.</summary>
    public long Released { get; set; }

    /// <summary>Rises with each agent taken.</summary>
    public long Offer { get; set; }

    /// <summary>The end of the lease, or of the wrap-up.</summary>
    public DateTimeOffset Until { get; set; }

    public DateTimeOffset Since { get; private set; }

    public DateTimeOffset IdleSince { get; private set; }

    /// <summary>As it was last published.</summary>
    public AgentStatus Was { get; private set; }

    public AgentStatus Status => new(Id, Presence, Reason, _activity, BusyAtPbx, _call, Since)
    {
        Token = Token,
        WrapUpUntil = _activity == AgentActivity.WrapUp ? Until : null,
    };

    public AgentState State => Status.State;

    public AgentActivity Activity => _activity;

    public CallId? Call => _call;

    public bool IsHeld => _activity is AgentActivity.Ringing or AgentActivity.Busy;

    public bool IsSignedIn => IsSignedInAs(Status);

    public void Hold(long token, CallId call, AgentActivity activity, DateTimeOffset until)
    {
        (Token, Held, _call, _activity, Until) = (Math.Max(Token, token), token, call, activity, until);
    }

    public void Answer() => _activity = AgentActivity.Busy;

    public void Free(TimeSpan wrapUp, DateTimeOffset now)
    {
        (Held, _call, Until) = (0, null, now + wrapUp);
        _activity = wrapUp > TimeSpan.Zero ? AgentActivity.WrapUp : AgentActivity.None;
    }

    /// <summary>Becomes what another registry says; whoever is held there stays so until it says otherwise.</summary>
    /// <param name="status">What it says.</param>
    /// <param name="heldUntil">The end of the lease.</param>
    /// <param name="isNews">It is to be published.</param>
    public void Become(AgentStatus status, DateTimeOffset heldUntil, bool isNews = false)
    {
        (Presence, Reason, BusyAtPbx) = (status.Presence, status.Reason, status.BusyAtPbx);
        (_activity, _call, Token) = (status.Activity, status.Call, Math.Max(Token, status.Token));
        Held = IsHeld ? status.Token : 0;
        Until = IsHeld ? heldUntil : status.WrapUpUntil ?? status.Since;
        Since = status.Since;
        if (State == AgentState.Available)
            IdleSince = status.Since;
        if (!isNews)
            Was = Status;
    }

    /// <summary>Sets the times of a new state, and returns what is to be published; null: nothing has changed.</summary>
    public AgentStatus? Note(DateTimeOffset now)
    {
        if (State != Was.State || Status.ShownReason != Was.ShownReason)
        {
            Since = NextSince(now);
            if (State == AgentState.Available)
                IdleSince = now;
        }
        return Status == Was ? null : Status;
    }

    /// <summary>The time of a state that begins now: later than that of the last one.</summary>
    public DateTimeOffset NextSince(DateTimeOffset now) => now > Since ? now : Since + Tick;

    public void Publish() => Was = Status;

    public static bool IsSignedInAs(AgentStatus status) =>
        status.Presence != AgentPresence.Offline || status.Activity != AgentActivity.None;
}
