using System.Net;
using System.Net.Sockets;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine.Loop;
using Sandbox.Calls;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A node at capacity refuses calls on both sides and accepts them again when there is room.</summary>
[Collection(StoresCollection.Name)]
public sealed class CapacityTests(Stores stores)
{
    [Theory]
    [InlineData("calls")]
    [InlineData("media ports")]
    public async Task The_call_that_has_no_room_is_refused_and_the_one_after_it_is_not(string limit)
    {
        await using var bench = await CallBench.StartAsync(stores, options => limit == "calls" ? OneCall(options) : OnePortPair(options));
        var first = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(first);

        await RefusedBothWaysAsync(bench);
        await EndAndTakeAnotherAsync(bench, first, agent);
    }

    [Fact]
    public async Task While_the_media_loops_have_no_time_new_calls_are_refused_and_live_ones_go_on()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Media = options.Media with { MaxLoadPercent = 50 } });
        var first = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(first);
        await using (await LoopOverload.StartAsync(bench.Gateway))
        {
            await RefusedBothWaysAsync(bench);
            Assert.True(await bench.Gateway.MetricAsync("gateway_admission_refusals_total", "no_capacity") >= 2);
        }

        var engine = bench.Gateway.Service<MediaEngine>();
        await Eventually.SeeAsync(() => engine.HasHeadroom, "the loop has time again");
        await EndAndTakeAnotherAsync(bench, first, agent);
    }

    [Fact]
    public async Task Refused_calls_whose_records_wait_for_PostgreSQL_do_not_pile_up()
    {
        using var own = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(own, OneCall);
        var supervisor = bench.Gateway.Service<CallSupervisor>();
        var (before, phone) = (await bench.Gateway.MetricAsync("gateway_calls_shed_total"), bench.WhatsApp.User().Phone);
        own.Freeze(StoreServer.Postgres);
        _ = SipProbe.InviteAsync(bench.Gateway.SipPort, phone); // rings when PostgreSQL answers again; nobody waits for its end
        await Eventually.SeeAsync(() => supervisor.Count == 1, "the first call waits for its admission");
        var most = 0;
        for (var i = 0; i < 40; i++)
        {
            Assert.StartsWith("SIP/2.0 503", await SipProbe.InviteAsync(bench.Gateway.SipPort, phone), StringComparison.Ordinal);
            most = Math.Max(most, supervisor.Count);
        }
        own.Thaw(StoreServer.Postgres);
        Assert.InRange(most, 2, 11); // one call, ten refused ones
        var shed = (int)(await bench.Gateway.MetricAsync("gateway_calls_shed_total") - before);
        Assert.InRange(shed, 1, 30);
        await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(phone), rows => rows.Count(row => row.HasEnded) >= 40 - shed,
            "a record of every other one", rows => $"{rows.Count} rows, {shed} shed");
    }

    [Fact]
    public async Task Ports_that_another_program_holds_are_want_of_room_and_no_fault_of_the_callers_SDP()
    {
        UdpClient? squatter = null;
        await using var bench = await CallBench.StartAsync(stores, options =>
        {
            var narrowed = OnePortPair(options);
            squatter ??= new UdpClient(new IPEndPoint(IPAddress.Loopback, narrowed.Media.Pbx.PortMin));
            return narrowed;
        });
        using var _ = squatter;
        Assert.StartsWith(
            "SIP/2.0 503", await SipProbe.InviteAsync(bench.Gateway.SipPort, bench.WhatsApp.User().Phone), StringComparison.Ordinal);
    }

    private static async Task RefusedBothWaysAsync(CallBench bench)
    {
        var second = await bench.WhatsApp.PlaceAsync();
        await WhatsAppSide.UntilAsync(second, CallState.Ended);
        await Eventually.SeeAsync(
            () => WhatsAppSide.Actions(second) is ["reject 200"], "it was rejected", () => WhatsAppSide.Describe(second));
        var rows = await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(second.User.Phone), found => found is [{ HasEnded: true }], "a record");
        Assert.Equal("no_capacity", rows[0].Cause);

        var dialled = bench.WhatsApp.User();
        var response = await SipProbe.InviteAsync(bench.Gateway.SipPort, dialled.Phone);
        Assert.StartsWith("SIP/2.0 503", response, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", response, StringComparison.Ordinal);
        rows = await Eventually.SeeAsync(() => bench.Gateway.RowsAsync(dialled.Phone), found => found is [{ HasEnded: true }], "a record");
        Assert.Equal(("outbound", "no_capacity"), (rows[0].Direction, rows[0].Cause));
    }

    private static async Task EndAndTakeAnotherAsync(CallBench bench, SandboxCall first, PbxCall agent)
    {
        Assert.Equal(CallState.Active, first.State);
        await agent.HangUpAsync();
        await bench.EndsAsync(first, HangupCause.PbxHungUp);
        var third = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.EndsAsync(third, HangupCause.Busy);
    }

    private static GatewayOptions OneCall(GatewayOptions options) => options with { Node = options.Node with { MaxCalls = 1 } };

    private static GatewayOptions OnePortPair(GatewayOptions options)
    {
        var first = options.Media.Pbx.PortMin + options.Media.Pbx.PortMin % 2;
        return options with { Media = options.Media with { Pbx = options.Media.Pbx with { PortMin = first, PortMax = first + 1 } } };
    }
}
