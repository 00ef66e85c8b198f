using System.Text;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Tracing;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Worker.Tracing;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A tracer is bounded, and finds the messages of its call.</summary>
public sealed class CallTracerTests
{
    private static CallTracer Tracer(string id = "00000000000000000000000000000001") => new(
        new CallIdentity(new CallId(id), CallDirection.Inbound, new ChannelId("1"), new WhatsAppUser("4915112345678"), "n"),
        TimeProvider.System, (_, _) => { });

    private static SipTapMessage Message(string callId, string text, bool isOutgoing = false) =>
        new(callId, isOutgoing, default, default, Encoding.UTF8.GetBytes(text));

    private static SipCallInfo Info(string callId) => new()
    {
        CallId = callId, Direction = SipCallDirection.Incoming, Trunk = "main", From = new SipParty("1"), To = new SipParty("2"),
        TargetUser = "2",
    };

    [Fact]
    public void A_call_in_a_loop_keeps_its_beginning_and_its_end()
    {
        var tracer = Tracer();
        for (var i = 0; i < 10_000; i++)
            tracer.Add(new TraceEntry(DateTimeOffset.UnixEpoch.AddSeconds(i), TraceKind.State, $"{i}"));
        var items = tracer.Take();
        Assert.Equal(("0", "9999", 500), (items[0].Entry!.Summary, items[^1].Entry!.Summary, items.Length));
        Assert.Equal(9_500, tracer.LeftOut);
    }

    [Fact]
    public void Long_messages_take_no_more_than_their_share_of_memory()
    {
        var tracer = Tracer();
        for (var i = 0; i < 1000; i++)
            tracer.Add(Message("a", new string('x', 60_000)), "main", DateTimeOffset.UnixEpoch);
        Assert.InRange(tracer.Take().Sum(item => item.Size), 1, 192 * 1024 + 61_000);
    }

    [Fact]
    public void The_messages_before_a_call_of_ours_is_known_belong_to_it()
    {
        var traces = new SipTraces(TimeProvider.System);
        traces.Handle(Message("a", "INVITE sip:2@x SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n"));
        traces.Handle(Message("a", "SIP/2.0 100 Trying\r\nCSeq: 1 INVITE\r\n\r\n", isOutgoing: true));
        traces.Handle(Message("b", "OPTIONS sip:x SIP/2.0\r\n\r\n"));
        var tracer = Tracer();
        traces.Add(tracer);
        traces.Begin(Info("a"), tracer.Identity.Id.Value);
        traces.Handle(Message("a", "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n", isOutgoing: true));
        Assert.Equal(
            ["INVITE sip:2@x", "100 Trying to INVITE", "180 Ringing to INVITE"],
            tracer.Take().Select(item => SipTraceEntries.Of(item.At, item.Message, item.Trunk).Summary));
    }

    [Fact]
    public void A_flood_of_INVITEs_that_become_no_calls_is_forgotten()
    {
        var traces = new SipTraces(TimeProvider.System);
        for (var i = 0; i < 5000; i++)
            traces.Handle(Message($"{i}", "INVITE sip:2@x SIP/2.0\r\n\r\n"));
        var tracer = Tracer();
        traces.Add(tracer);
        traces.Begin(Info("0"), tracer.Identity.Id.Value);
        traces.Begin(Info("4999"), tracer.Identity.Id.Value);
        Assert.Single(tracer.Take()); // of the last one; the first one's is gone
    }

    /// <summary>What a call of the usual length leaves in memory until its end: it bounds what traces of a full node take.</summary>
    [Fact]
    public void A_usual_call_takes_little_memory()
    {
        var traces = new SipTraces(TimeProvider.System);
        var message = Message("a", "INVITE sip:2@x SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n" + new string('x', 1200));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var tracer = Tracer();
        traces.Add(tracer);
        traces.Begin(Info("a"), tracer.Identity.Id.Value);
        for (var i = 0; i < 12; i++)
            traces.Handle(message);
        for (var state = CallState.Admitting; state < CallState.Ended; state++)
            tracer.Entered(state);
        tracer.Graph("accept", tracer.Now, null);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(taken, 1, 20_000); // without the messages, which are the endpoint's
    }

    [Theory]
    [InlineData("00000000000000000000000000000000", 0.1, true)]
    [InlineData("ffffffff000000000000000000000000", 0.1, false)]
    [InlineData("ffffffff000000000000000000000000", 1, true)]
    [InlineData("00000000000000000000000000000000", 0, false)]
    [InlineData("x", 0.5, false)]
    public void Of_one_call_all_nodes_decide_the_same(string id, double part, bool isSampled) =>
        Assert.Equal(isSampled, CallTraces.IsSampled(new CallId(id), part));
}
