using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>Whatever happens in any order to several calls and a few agents, no agent is in two calls, no call waits where an agent is
/// free, and each ends once.</summary>
public sealed class AnyFlowTests
{
    private static readonly GroupId Group = new("g");

    private static readonly Flow[] Flows =
    [
        FlowDriver.Ring(new(Group)),
        FlowDriver.Ring(new(Group, null, RingStrategy.RoundRobin), 10, "queue", ("queue", new FlowStep.Queue(Group))),
        FlowDriver.Ring(
            new AgentChoice(Group, null, RingStrategy.Waves) { Waves = [1, 2] }, 10, "pbx", ("pbx", new FlowStep.Pbx([new("main")]))),
        FlowDriver.Of(
            ("queue", new FlowStep.Queue(Group, "mail") { CallbackKey = '1', Capacity = 2 }), ("mail", new FlowStep.Voicemail("leave"))),
        FlowDriver.Of(
            ("menu", new FlowStep.Menu("ask", new Dictionary<string, string> { ["1"] = "queue", ["2"] = "bye" }, "queue")),
            ("queue", new FlowStep.Queue(Group)), ("bye", new FlowStep.Announce("bye"))),
    ];

    [Theory]
    [InlineData(false, 1_500)]
    [InlineData(true, 700)]
    public void No_agent_is_in_two_calls_no_waiting_call_is_forgotten_and_each_ends_once(bool isConsulting, int tests)
    {
        var step = Gen.Two(Gen.Choose(0, int.MaxValue));
        Prop.ForAll(step.ListOf().ToArbitrary(), steps => Run(isConsulting, steps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithEndSize(80));
    }

    /// <param name="isConsulting">From the first call on, whose agent has just begun to ask another.</param>
    /// <param name="steps">What happens.</param>
    private static void Run(bool isConsulting, IEnumerable<(int Dice, int Which)> steps)
    {
        var clock = new VirtualClock();
        var pool = FlowDriver.Agents(3, clock);
        List<FlowDriver> calls = [];
        if (isConsulting)
        {
            calls.Add(new FlowDriver(pool, clock, "first", flow: Flows[0]));
            calls[0].Answer("a1");
            calls[0].Feed(new CallInput.ConsultationRequested(Flows[0]));
        }
        foreach (var (dice, which) in steps)
        {
            if (calls.Count == 0 || dice % 7 == 0 && calls.Count < 5)
                calls.Add(new FlowDriver(pool, clock, "c" + calls.Count, flow: Flows[which % Flows.Length]));
            else
                Happen(calls[which % calls.Count], dice, which / 8);
            foreach (var call in calls)
                call.Wait(0); // others' deadlines have passed meanwhile
            CheckAgents(calls);
        }
        CheckNobodyIsForgotten(pool, calls, clock);
        foreach (var call in calls)
            End(call);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.All(pool.List(clock.Now.ToDateTimeOffset()), agent => Assert.Equal(AgentActivity.None, agent.Activity));
        Assert.Empty(pool.InLine(Group, clock.Now.ToDateTimeOffset()));
    }

    private static void Happen(FlowDriver call, int dice, int which)
    {
        var ringing = call.Ringing.Keys.Order().ToArray();
        var attempt = ringing.Length > 0 ? ringing[which % ringing.Length] : which % 3;
        switch (dice % 16)
        {
            case 0 or 1:
                call.Accept();
                break;
            case 2:
                call.Feed(call.Of(attempt, new CallInput.PbxRinging(attempt)));
                break;
            case 3 or 4:
                call.Ringing.Remove(attempt);
                call.Feed(call.Of(attempt, new CallInput.PbxAnswered("x", attempt)));
                break;
            case 5:
                call.Ringing.Remove(attempt);
                call.Feed(call.Of(attempt, new CallInput.PbxRefused(which % 2 == 0 ? 603 : 503, null, attempt)));
                break;
            case 6:
                call.Feed(call.Of(which % 12, new CallInput.PbxEnded(Attempt: which % 12)));
                break;
            case 7:
                call.Wait(which % 40);
                break;
            case 8:
                call.Feed(new CallInput.DigitPressed(CallLeg.WhatsApp, (char)('0' + which % 3), TimeSpan.FromMilliseconds(80)));
                break;
            case 9:
                call.Feed(new CallInput.PlayEnded(which % 10));
                break;
            case 10:
                call.Feed(new CallInput.AssignRequested(new AgentId("a" + (1 + which % 3))));
                break;
            case 11 or 12:
                call.Feed(new CallInput.ConsultationRequested(Flows[which % Flows.Length]));
                break;
            case 13:
                call.Feed(which % 2 == 0 ? new CallInput.CompletionRequested() : new CallInput.CancellationRequested());
                break;
            case 14:
                call.PickUp("a" + (1 + which % 3));
                break;
            default:
                if (which % 3 == 0)
                    call.HangUp();
                else
                    call.Feed(new CallInput.TransferRequested(Flows[which % Flows.Length]));
                break;
        }
    }

    private static void CheckAgents(List<FlowDriver> calls)
    {
        var held = calls.SelectMany(call => call.Holds.Select(hold => hold.Agent.Agent)).ToArray();
        Assert.Equal(held.Length, held.Distinct().Count());
        foreach (var call in calls)
            if (call.Call is { State: CallState.Live, Consultation: var consultation })
                Assert.InRange(call.Holds.Count, 0, consultation switch
                {
                    ConsultationState.None => 1,
                    ConsultationState.Answered => 2,
                    _ => call.Ringing.Count + 2, // and one who has answered and is not confirmed
                });
        Assert.All(calls, call => Assert.True(call.Count<CallDecision.Accept>() <= 1));
        Assert.All(calls, call => Assert.True(call.Count<CallDecision.Finish>() <= 1));
    }

    /// <summary>With time alone, whoever waits is rung by whoever is free.</summary>
    private static void CheckNobodyIsForgotten(AgentPool pool, List<FlowDriver> calls, VirtualClock clock)
    {
        for (var i = 0; i < 3; i++)
        {
            foreach (var call in calls)
            {
                call.Accept();
                call.Wait(1);
            }
        }
        var now = clock.Now.ToDateTimeOffset();
        var free = pool.List(now).Count(agent => agent.State == AgentState.Available);
        var waiting = pool.InLine(Group, now).Select(call => call.Call).ToHashSet();
        var idle = calls.Count(
            call => waiting.Contains(call.Call.Identity.Id) && call.Ringing.Count == 0 && call.Call.State == CallState.Waiting);
        // Those who were just rung in vain are left alone for some seconds.
        Assert.True(free == 0 || idle == 0 || calls.Any(call => call.Count<CallDecision.RingAgent>() > 0), $"{free} free, {idle} wait");
    }

    private static void End(FlowDriver call)
    {
        call.Feed(new CallInput.HangUpRequested(HangupCause.OperatorHungUp));
        call.Feed(new CallInput.MediaReleased(null, null));
        call.Feed(new CallInput.WhatsAppReleased(null));
        call.Wait(120);
        Assert.Equal(CallState.Ended, call.Call.State);
        Assert.Equal(1, call.Count<CallDecision.Finish>());
        Assert.Empty(call.Holds);
        Assert.IsType<CallDecision.Finish>(call.All.Last(decision => decision is not CallDecision.ReleaseAgent));
    }
}
