using Gateway.Calls.Tracing;

namespace Gateway.Calls.Tests.Tracing;

public sealed class TraceLadderTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 10, 0, 0, TimeSpan.Zero);

    private static CallTrace Trace(params TraceEntry[] entries) => new(
        new CallId("c1"), 1, "node-1", Start, Start + TimeSpan.FromSeconds(2), HangupCause.PbxUnreachable,
        "PBX main answered 503 Service Unavailable to INVITE", entries)
    {
        Direction = CallDirection.Inbound,
        Channel = new ChannelId("100"),
        WhatsAppId = new WhatsAppCallId("wacid.1"),
    };

    [Fact]
    public void A_ladder_begins_with_the_cause_and_has_a_line_for_each_entry()
    {
        var text = TraceLadder.Write(
            Trace(
                new TraceEntry(Start, TraceKind.Webhook, "connect with an offer")
                {
                    Peer = TracePeer.WhatsApp,
                    Direction = TraceDirection.In,
                },
                new TraceEntry(Start + TimeSpan.FromSeconds(0.25), TraceKind.Graph, "pre_accept")
                {
                    Peer = TracePeer.WhatsApp,
                    Direction = TraceDirection.Out,
                    DurationMs = 45.3,
                },
                new TraceEntry(Start + TimeSpan.FromSeconds(1.5), TraceKind.Sip, "INVITE sip:{user}@pbx")
                {
                    Peer = TracePeer.Pbx,
                    Direction = TraceDirection.Out,
                    Trunk = "main",
                    Details = "INVITE sip:{user}@pbx SIP/2.0\r\nFrom: x",
                },
                new TraceEntry(Start + TimeSpan.FromSeconds(1.75), TraceKind.State, "ending") { IsFailure = true }),
            "…5678", details: true);
        Assert.Equal(
            """
            Cause: PBX main answered 503 Service Unavailable to INVITE
            Call c1, inbound, channel 100, user …5678, node node-1
            WhatsApp's id wacid.1
            2026-11-28 10:00:00.000Z to 10:00:02.000Z, pbx_unreachable

               seconds  WhatsApp   gateway        PBX
                 0.000  |-------------->|              |  webhook   connect with an offer
                 0.250  |<--------------|              |  graph     pre_accept in 45 ms
                 1.500  |               |------------->|  sip       main: INVITE sip:…5678@pbx
                        | INVITE sip:…5678@pbx SIP/2.0
                        | From: x
                 1.750  |               *              |  state     ending  (!)

            """, text, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_peers_text_moves_no_cursor() => Assert.DoesNotContain(
        '\u001b',
        TraceLadder.Write(Trace(new TraceEntry(Start, TraceKind.Sip, "486 \u001b[2J") { Details = "\u001b[1m" }), "", details: true));

    [Fact]
    public void Parts_of_several_nodes_are_one_story()
    {
        var first = Trace(new TraceEntry(Start, TraceKind.State, "live")) with { Cause = null, Summary = "another node went on" };
        var second = Trace(new TraceEntry(Start + TimeSpan.FromSeconds(1), TraceKind.State, "ending")) with
        {
            OwnerToken = 2,
            Node = "node-2",
        };
        var whole = CallTrace.Join([second, first]);
        Assert.Equal(("node-2", HangupCause.PbxUnreachable), (whole.Node, whole.Cause));
        Assert.Equal(["live", "ending"], whole.Entries.Select(entry => entry.Summary));
    }
}
