using System.Runtime.CompilerServices;
using Gateway.Calls.Admission;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>
/// One inbound call on its way through a flow, in virtual time, with agents from a pool: what the call decides about agents and queues is
/// done at once, and the results are fed back.
/// </summary>
internal sealed class FlowDriver
{
    private static readonly ConditionalWeakTable<AgentPool, List<FlowDriver>> Calls = [];

    private readonly CallIdentity _identity;
    private readonly Dictionary<TakenAgent, HeldAgent> _holds = [];
    private readonly Dictionary<GroupId, WaitingCall> _waits = [];
    private readonly Dictionary<int, int> _consulted = []; // of attempts, the consultation
    private int _phonesOf; // the consultation whose target has the call

    public FlowDriver(AgentPool pool, VirtualClock clock, string id = "c1", AgentId? lastAgent = null, Flow? flow = null)
    {
        (Pool, Clock) = (pool, clock);
        Calls.GetOrCreateValue(pool).Add(this);
        _identity = new CallIdentity(new(id), CallDirection.Inbound, new("100"), new("15550001"), "node-1");
        Call = new InboundCall(_identity, new CallOptions(), clock.Now, Now);
        Feed(new CallInput.WhatsAppOffered(new("wacid." + id), "offer"));
        Feed(new CallInput.Admitted([new("main")]) 
        {
            Flow = flow, LastAgent = lastAgent is { } last ? new LastAgent(last, Now.AddDays(-3)) : null,
        });
        Feed(new CallInput.MediaReserved("answer"));
        Feed(new CallInput.MediaConnected());
        Feed(new CallInput.PreAccepted(null));
    }

    public AgentPool Pool { get; }

    public VirtualClock Clock { get; }

    public InboundCall Call { get; }

    public DateTimeOffset Now => Clock.Now.ToDateTimeOffset();

    public List<CallDecision> All { get; } = [];

    /// <summary>The attempts that ring, by number.</summary>
    public Dictionary<int, AgentId> Ringing { get; } = [];

    /// <summary>The agents whom the call has taken and not given back, as its node renews them.</summary>
    public IReadOnlyCollection<HeldAgent> Holds => _holds.Values;

    public CallRecord Record => All.OfType<CallDecision.Finish>().Single().Record;

    public IReadOnlyList<AgentId> RingingAgents => [.. Ringing.OrderBy(pair => pair.Key).Select(pair => pair.Value)];

    public T Last<T>() where T : CallDecision => All.OfType<T>().Last();

    public int Count<T>() where T : CallDecision => All.OfType<T>().Count();

    /// <summary>One flow of one agent choice, step name "ring".</summary>
    public static Flow Ring(AgentChoice choice, int seconds = 20, string? next = null, params (string Name, FlowStep Step)[] more) =>
        Of([("ring", new FlowStep.Ring(choice, seconds, next)), .. more]);

    public static Flow Of(params (string Name, FlowStep Step)[] steps) =>
        new(new("f"), "F", steps[0].Name, steps.ToDictionary(step => step.Name, step => step.Step)) { Version = 3 };

    /// <summary>Agents a1, a2 … of group `g`, available, their skill and order as their number.</summary>
    public static AgentPool Agents(int count, VirtualClock clock)
    {
        var pool = new AgentPool();
        foreach (var number in Enumerable.Range(1, count))
        {
            var id = new AgentId("a" + number);
            var at = clock.Now.ToDateTimeOffset() + TimeSpan.FromMilliseconds(number);
            pool.Define(new Agent(id, id.Value, [new AgentMembership(new("g"), number, number)], []), at);
            pool.SetPresence(id, AgentPresence.Available, null, at);
        }
        clock.Advance(TimeSpan.FromSeconds(1));
        return pool;
    }

    public void Feed(CallInput input)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Perform([.. Call.Handle(input, Clock.Now)]);
    }

    /// <summary>The phone of an agent who rings answers, and Graph takes what follows.</summary>
    public void Answer(string agent)
    {
        var attempt = AttemptOf(agent);
        Feed(Of(attempt, new CallInput.PbxAnswered(agent, attempt)));
        Accept();
    }

    /// <summary>An agent who is in no call answers from a phone that was not rung, as a node lets them.</summary>
    public void PickUp(string agent)
    {
        if (Call.WaitsFor is null || Pool.TakeBusy(new(agent), _identity.Id, Now) is not { } taken)
            return;
        _holds[taken] = new HeldAgent(taken, _identity.Id, IsBusy: true);
        var answered = new CallInput.PbxAnswered(agent, -1, "main") { By = taken };
        Feed(_phonesOf > 0 ? new CallInput.OfConsultation(_phonesOf, answered) : answered);
    }

    public void Refuse(string agent, int status)
    {
        var attempt = AttemptOf(agent);
        Ringing.Remove(attempt);
        Feed(Of(attempt, new CallInput.PbxRefused(status, null, attempt)));
    }

    public void HasRung(string agent) => Feed(Of(AttemptOf(agent), new CallInput.PbxRinging(AttemptOf(agent))));

    /// <summary>What happens at a phone, as the legs report it: those of a consultation's target under its number.</summary>
    public CallInput Of(int attempt, CallInput input) =>
        _consulted.TryGetValue(attempt, out var number) ? new CallInput.OfConsultation(number, input) : input;

    /// <summary>The lock and Graph's accept, where the call asks for them.</summary>
    public void Accept()
    {
        if (Call.State == CallState.TakingAnswerLock)
            Feed(new CallInput.AnswerLockTaken(true));
        if (Call.State == CallState.Accepting)
            Feed(new CallInput.Accepted(null));
    }

    /// <summary>Time passes for this call; its node and those of the others renew what their calls hold.</summary>
    public void Wait(double seconds)
    {
        var until = Clock.Now + TimeSpan.FromSeconds(seconds);
        do
        {
            if (Call.State != CallState.Ended && Call.NextDeadline <= Clock.Now)
                Perform([.. Call.HandleDeadline(Clock.Now)]);
            foreach (var call in Calls.GetOrCreateValue(Pool))
                call.Keep();
            var next = Instant.Min(Clock.Now + AgentLeases.Renewal, until);
            if (Call.State != CallState.Ended)
                next = Instant.Min(next, Call.NextDeadline);
            if (next > Clock.Now)
                Clock.AdvanceTo(next);
        }
        while (Clock.Now < until || Call.State != CallState.Ended && Call.NextDeadline <= Clock.Now);
    }

    private void Keep() => Pool.Keep([.. _holds.Values], [.. _waits.Values], Now);

    public void HangUp()
    {
        Feed(new CallInput.WhatsAppTerminated(null));
        Feed(new CallInput.MediaReleased(null, null));
    }

    public AgentState StateOf(string agent) => Pool.Find(new(agent), Now)!.State;

    private int AttemptOf(string agent) => Ringing.Single(pair => pair.Value.Value == agent).Key;

    private void Perform(IReadOnlyList<CallDecision> decisions)
    {
        All.AddRange(decisions);
        foreach (var decision in decisions)
            Perform(decision);
    }

    private void Perform(CallDecision decision)
    {
        switch (decision)
        {
            case CallDecision.TakeAgents take:
                var taken = Pool.Take(take.What, Now);
                foreach (var agent in taken.Agents)
                    _holds[agent] = new HeldAgent(agent, _identity.Id, IsBusy: false);
                Feed(new CallInput.AgentsTaken(take.Request, taken));
                break;
            case CallDecision.OfConsultation of:
                if (of.What is CallDecision.RingAgent asked)
                    _consulted[asked.Attempt] = of.Number;
                Perform(of.What);
                break;
            case CallDecision.CompleteConsultation complete:
                _phonesOf = complete.Number;
                break;
            case CallDecision.RingAgent ring:
                Ringing[ring.Attempt] = ring.Agent;
                break;
            case CallDecision.CancelPhone cancel:
                Ringing.Remove(cancel.Attempt);
                break;
            case CallDecision.ConfirmAgent confirm:
                Ringing.Remove(Ringing.SingleOrDefault(pair => pair.Value == confirm.Agent.Agent).Key);
                var isOurs = Pool.Answer(confirm.Agent.Agent, confirm.Agent.Token, Now);
                _holds.Remove(confirm.Agent);
                if (isOurs)
                    _holds[confirm.Agent] = new HeldAgent(confirm.Agent, _identity.Id, IsBusy: true);
                Feed(new CallInput.AgentConfirmed(confirm.Agent, isOurs));
                break;
            case CallDecision.ReleaseAgent release:
                _holds.Remove(release.Agent);
                Pool.Release(
                    release.Agent.Agent, release.Agent.Token, release.Group is null ? TimeSpan.Zero : TimeSpan.FromSeconds(30), Now);
                break;
            case CallDecision.JoinQueue join:
                var isFull = Pool.InLine(join.Group, Now).Count >= join.Capacity;
                if (!isFull)
                    Pool.Join(_waits[join.Group] = new WaitingCall(_identity.Id, join.Group, join.Priority, Now, "node-1"), Now);
                Feed(new CallInput.QueueJoined(isFull));
                break;
            case CallDecision.LeaveQueue leave:
                _waits.Remove(leave.Group);
                Pool.Leave(_identity.Id, leave.Group, Now);
                break;
            default:
                break;
        }
    }
}
