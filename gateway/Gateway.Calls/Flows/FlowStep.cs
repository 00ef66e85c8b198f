using System.Text.Json.Serialization;
using Gateway.Calls.Agents;

namespace Gateway.Calls.Flows;

/// <summary>
/// One step of a flow: a closed family. `next` names the step that follows where this one ended without an answer; null ends the call.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Ring), "ring")]
[JsonDerivedType(typeof(Queue), "queue")]
[JsonDerivedType(typeof(Announce), "announce")]
[JsonDerivedType(typeof(Menu), "menu")]
[JsonDerivedType(typeof(Pbx), "pbx")]
[JsonDerivedType(typeof(LastAgent), "last_agent")]
[JsonDerivedType(typeof(Voicemail), "voicemail")]
[JsonDerivedType(typeof(Refuse), "refuse")]
public abstract record FlowStep
{
    private FlowStep() { }

    /// <summary>The steps that can follow.</summary>
    [JsonIgnore]
    public IEnumerable<string> Followers => Following();

    /// <summary>A method, since a property that overrides one is written into JSON although that one is not.</summary>
    private protected virtual IEnumerable<string> Following() => [];

    /// <summary>The step that follows by default, and nothing else.</summary>
    protected static IEnumerable<string> Of(params IEnumerable<string?> steps) => steps.OfType<string>();

    /// <summary>Rings agents. Before the call is accepted the user hears WhatsApp's own ringing.</summary>
    /// <param name="Agents">Whom.</param>
    /// <param name="RingSeconds">How long one agent, or one wave, rings: 5 to 120.</param>
    /// <param name="Next">The step after nobody has answered.</param>
    public sealed record Ring(AgentChoice Agents, int RingSeconds = 20, string? Next = null) : FlowStep
    {
        public DeclinePolicy OnDecline { get; init; }

        /// <summary>The longest that the whole step lasts, in seconds; null: until all were rung.</summary>
        public int? TotalSeconds { get; init; }

        private protected override IEnumerable<string> Following() => Of(Next);
    }

    /// <summary>Accepts the call and lets it wait for an agent, with music and announcements.</summary>
    /// <param name="Group">Whose queue.</param>
    /// <param name="Next">The step after the longest wait, or where the queue is full or nobody is signed in.</param>
    public sealed record Queue(GroupId Group, string? Next = null) : FlowStep
    {
        public AgentOrder Order { get; init; } = AgentOrder.LongestIdle;

        /// <summary>How long one agent rings: 5 to 120.</summary>
        public int RingSeconds { get; init; } = 20;

        public DeclinePolicy OnDecline { get; init; }

        /// <summary>0 to 9; the higher is served first.</summary>
        public int Priority { get; init; }

        /// <summary>The longest wait, in seconds: 10 to 7200.</summary>
        public int MaxWaitSeconds { get; init; } = 600;

        /// <summary>The number of calls that may wait in the group's queue, this one included.</summary>
        public int Capacity { get; init; } = 50;

        /// <summary>Goes on at once where no agent of the group is signed in.</summary>
        public bool LeaveWhenNobodyIsSignedIn { get; init; } = true;

        /// <summary>The audio file heard first; null: none.</summary>
        public string? Welcome { get; init; }

        /// <summary>The audio file that repeats while the caller waits; null: the built-in hold music.</summary>
        public string? Music { get; init; }

        /// <summary>Every so many seconds the place in the queue or the expected wait is announced; null: never.</summary>
        public int? AnnounceEverySeconds { get; init; }

        /// <summary>
        /// The audio file of a place, `{n}` standing for the number, such as `place-{n}`; a place without a file is not announced.
        /// </summary>
        public string? PlaceAudio { get; init; }

        /// <summary>The audio file of the expected wait, `{minutes}` standing for the number, such as `wait-{minutes}`.</summary>
        public string? WaitAudio { get; init; }

        /// <summary>The key by which the caller asks to be called back and leaves the queue; null: there is none.</summary>
        public char? CallbackKey { get; init; }

        /// <summary>The step after the caller has asked to be called back; null ends the call.</summary>
        public string? OnCallback { get; init; }

        private protected override IEnumerable<string> Following() => Of(Next, OnCallback);
    }

    /// <summary>Accepts the call and plays an audio file.</summary>
    public sealed record Announce(string Audio, string? Next = null) : FlowStep
    {
        private protected override IEnumerable<string> Following() => Of(Next);
    }

    /// <summary>Accepts the call and asks for keys of the WhatsApp keypad.</summary>
    /// <param name="Prompt">The audio file that asks; a key ends it.</param>
    /// <param name="Choices">The step for what was pressed: one digit or several each, `*` and `#` included.</param>
    /// <param name="Next">The step after the last try.</param>
    public sealed record Menu(string Prompt, IReadOnlyDictionary<string, string> Choices, string? Next = null) : FlowStep
    {
        /// <summary>The time for the next key, in seconds, after the prompt is over: 2 to 60.</summary>
        public int InputSeconds { get; init; } = 5;

        /// <summary>The number of times the prompt is heard.</summary>
        public int Tries { get; init; } = 3;

        /// <summary>The audio file after a wrong key; null: only the prompt again.</summary>
        public string? Invalid { get; init; }

        /// <summary>The key that plays the prompt again without counting as a try; null: none.</summary>
        public char? RepeatKey { get; init; }

        private protected override IEnumerable<string> Following() => Of([.. Choices.Values, Next]);
    }

    /// <summary>Hands the call to a PBX, which distributes it itself.</summary>
    /// <param name="Targets">Where: in order of <see cref="PbxTarget.Rank"/>, by weight within one; the next on failure.</param>
    /// <param name="Next">The step after none has answered.</param>
    public sealed record Pbx(IReadOnlyList<PbxTarget> Targets, string? Next = null) : FlowStep
    {
        /// <summary>The longest that the PBX may ring, in seconds; null: the node's timeout (`calls.pbxAnswer`).</summary>
        public int? RingSeconds { get; init; }

        private protected override IEnumerable<string> Following() => Of(Next);
    }

    /// <summary>Rings the agent who had the contact's last call, where that agent is available.</summary>
    public sealed record LastAgent(int RingSeconds = 20, string? Next = null) : FlowStep
    {
        /// <summary>The last call may be this many days old.</summary>
        public int WithinDays { get; init; } = 30;

        private protected override IEnumerable<string> Following() => Of(Next);
    }

    /// <summary>Accepts the call and records a message.</summary>
    public sealed record Voicemail(string? Prompt = null, string? Next = null) : FlowStep
    {
        public int MaxSeconds { get; init; } = 120;

        /// <summary>The silence that ends the message, in seconds.</summary>
        public int SilenceSeconds { get; init; } = 5;

        /// <summary>Whose message it is: stands in the event and in the list of messages.</summary>
        public GroupId? Group { get; init; }

        private protected override IEnumerable<string> Following() => Of(Next);
    }

    /// <summary>Ends the call: reject before it was accepted, hang up after it.</summary>
    /// <param name="Reason">What the record says.</param>
    public sealed record Refuse(RefuseReason Reason = RefuseReason.Declined) : FlowStep;
}

/// <summary>The agents to ring, and how.</summary>
/// <param name="Group">A whole group; null: <paramref name="Agents"/>.</param>
/// <param name="Agents">Named agents, in order.</param>
/// <param name="Strategy">Who rings, and who rings next.</param>
public sealed record AgentChoice(GroupId? Group = null, IReadOnlyList<AgentId>? Agents = null, RingStrategy Strategy = RingStrategy.All)
{
    /// <summary>Of <see cref="RingStrategy.Waves"/>: how many ring from the first wave on, from the second on … Each wave lasts
    /// `ringSeconds`.</summary>
    public IReadOnlyList<int> Waves { get; init; } = [1, 2, 5];
}

/// <summary>Who rings, and who rings next.</summary>
public enum RingStrategy
{
    /// <summary>All available agents at once.</summary>
    All,

    /// <summary>One after the other, by their place.</summary>
    InOrder,

    /// <summary>One after the other, beginning with the one who was rung the longest time ago.</summary>
    RoundRobin,

    /// <summary>One after the other, beginning with the one who has been idle for the longest time.</summary>
    LongestIdle,

    /// <summary>One after the other, beginning with the most skilled.</summary>
    MostSkilled,

    /// <summary>More and more at once: the most skilled first, and they go on ringing.</summary>
    Waves,
}

/// <summary>What follows from an agent's declining.</summary>
public enum DeclinePolicy
{
    /// <summary>The next agent is rung.</summary>
    NextAgent,

    /// <summary>The step is over, without an answer.</summary>
    EndStep,
}

/// <summary>A target at a PBX.</summary>
/// <param name="Trunk">The trunk's configured name.</param>
/// <param name="Target">What is dialled there; null: what the node's configuration gives the channel.</param>
/// <param name="Rank">The lower is tried first.</param>
/// <param name="Weight">The share among targets of the same rank, 1 to 1000.</param>
public sealed record PbxTarget(string Trunk, string? Target = null, int Rank = 0, int Weight = 1);

/// <summary>The reason that a flow gives for ending a call.</summary>
public enum RefuseReason
{
    Declined,
    Busy,
    OutsideCallHours,
    NoAnswer,
}
