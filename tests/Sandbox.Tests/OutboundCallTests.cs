using System.Net;
using static Sandbox.Tests.InboundCallTests;

namespace Sandbox.Tests;

public sealed class OutboundCallTests
{
    [Fact]
    public async Task A_user_who_answers_gives_connect_ringing_accepted_terminate_in_this_order()
    {
        await using var rig = await PermittedAsync(new { auto = "Answer" });
        var (status, body) = await rig.ConnectAsync();
        Assert.Equal(HttpStatusCode.OK, status);
        var id = (string)body["calls"]![0]!["id"]!;
        var connect = (await rig.ExpectAsync("connect")).Value["calls"]![0]!;
        Assert.Equal(("answer", "BUSINESS_INITIATED", "order-1", id),
            ((string?)connect["session"]!["sdp_type"], (
                string?)connect["direction"], (string?)connect["biz_opaque_callback_data"], (string?)connect["id"]));
        Assert.Contains("a=setup:passive\r\na=mid:0\r\n", (string?)connect["session"]!["sdp"], StringComparison.Ordinal);
        Assert.Equal("call", (string?)(await rig.ExpectAsync("RINGING")).Value["statuses"]![0]!["type"]);
        await rig.ExpectAsync("ACCEPTED");
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("terminate", id)).Status);
        Assert.NotNull((await rig.ExpectAsync("terminate")).Value["calls"]![0]!["duration"]);
    }

    [Fact]
    public async Task A_user_who_declines_gives_rejected_and_an_end_without_times()
    {
        await using var rig = await PermittedAsync(new { auto = "Decline" });
        await rig.ConnectAsync();
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("RINGING");
        await rig.ExpectAsync("REJECTED");
        Assert.Null((await rig.ExpectAsync("terminate")).Value["calls"]![0]!["start_time"]);
    }

    [Fact]
    public async Task Cancelling_while_it_rings_ends_it()
    {
        await using var rig = await PermittedAsync();
        var id = (string)(await rig.ConnectAsync()).Body["calls"]![0]!["id"]!;
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("RINGING");
        await rig.ActAsync("terminate", id);
        await rig.ExpectAsync("terminate");
        using var late = await rig.Control.PostAsync($"calls/{Uri.EscapeDataString(id)}/answer", null);
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
    }

    [Fact]
    public async Task A_phone_that_nobody_takes_stops_ringing_and_the_fourth_time_the_permission_is_gone()
    {
        await using var rig = await PermittedAsync(timers: t => t with { Ring = TimeSpan.FromMilliseconds(200) });
        var last = new List<Received>();
        for (var call = 1; call <= 4; call++)
        {
            Assert.Equal(HttpStatusCode.OK, (await rig.ConnectAsync()).Status);
            await rig.ExpectAsync("connect");
            await rig.ExpectAsync("RINGING");
            last.Add(await rig.NextAsync());
        }
        last.Add(await rig.NextAsync()); // two fields, two deliveries: the order of the last two is undefined
        Assert.Equal(4, last.Count(webhook => webhook.Label == "terminate"));
        var revoked = last.Single(webhook => webhook.Label == "interactive").Value["messages"]![0]!;
        Assert.Equal("reject", (string?)revoked["interactive"]!["call_permission_reply"]!["response"]);
        Assert.Null(revoked["context"]);
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.Unauthorized, 138006);
    }

    [Fact]
    public async Task Without_permission_nobody_rings()
    {
        await using var rig = await Rig.StartAsync();
        await rig.UserAsync();
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.Unauthorized, 138006);
        AssertFault(await rig.ConnectAsync(to: "15559999999"), HttpStatusCode.BadRequest, 138001);
    }

    [Fact]
    public async Task One_user_has_one_call_and_one_number_has_its_limit()
    {
        await using var rig = await PermittedAsync(options: o => o with { MaxConcurrentCalls = 2, MaxInitiationsPerDay = 3 });
        var first = (string)(await rig.ConnectAsync()).Body["calls"]![0]!["id"]!;
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 138003);
        await PermitAsync(rig, "15550001002");
        await PermitAsync(rig, "15550001003");
        Assert.Equal(HttpStatusCode.OK, (await rig.ConnectAsync(to: "15550001002")).Status);
        AssertFault(await rig.ConnectAsync(to: "15550001003"), HttpStatusCode.TooManyRequests, 138002);
        await rig.ActAsync("terminate", first);
        Assert.Equal(HttpStatusCode.OK, (await rig.ConnectAsync(to: "15550001003")).Status);
        await rig.ActAsync("terminate", (string)(await rig.Control.GetStringAsync("calls?user=15550001002")).Split('"')[3]);
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.TooManyRequests, 138005);
    }

    [Fact]
    public async Task A_hundred_answered_calls_a_day_is_the_most()
    {
        await using var rig = await PermittedAsync(new { auto = "Answer" });
        for (var call = 1; call <= 100; call++)
        {
            var id = (string)(await rig.ConnectAsync()).Body["calls"]![0]!["id"]!;
            await rig.CallUntilAsync(id, view => (string?)view["state"] == "Active");
            await rig.ActAsync("terminate", id);
        }
        var (status, body) = await rig.ConnectAsync();
        AssertFault((status, body), HttpStatusCode.BadRequest, 138012);
        Assert.Contains("Next call allowed at", (string?)body["error"]!["error_data"]!["details"], StringComparison.Ordinal);
        var (_, permission) = await rig.GraphAsync(HttpMethod.Get, "call_permissions?user_wa_id=" + Rig.User);
        var start = permission["actions"]!.AsArray().Single(action => (string?)action!["action_name"] == "start_call")!;
        Assert.False((bool)start["can_perform_action"]!);
        Assert.NotNull(start["limits"]![0]!["limit_expiration_time"]);
    }

    [Fact]
    public async Task Numbers_under_SIP_restriction_or_unpaid_are_refused_with_their_own_codes()
    {
        await using var rig = await PermittedAsync();
        await rig.Control.PatchAsync("numbers/" + Rig.Number, System.Net.Http.Json.JsonContent.Create(new { outboundRestricted = true }));
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 138014);
        var news = (await rig.ExpectAsync("account_update")).Value;
        Assert.Equal("RESTRICTED_BUSINESS_INITIATED_CALLING", (string?)news["restriction_info"]![0]!["restriction_type"]);
        await rig.Control.PatchAsync("numbers/" + Rig.Number, System.Net.Http.Json.JsonContent.Create(new { outboundUnavailable = true }));
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 138013);
        await rig.Control.PatchAsync("numbers/" + Rig.Number, System.Net.Http.Json.JsonContent.Create(new { paymentMissing = true }));
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 131044);
        await rig.GraphAsync("settings",
            new { calling = new { sip = new { status = "ENABLED", servers = new[] { new { hostname = "sip.example.com" } } } } });
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 131055);
    }

    internal static async Task<Rig> PermittedAsync(
        object? user = null, Func<SandboxTimers, SandboxTimers>? timers = null, Func<SandboxOptions, SandboxOptions>? options = null)
    {
        var rig = await Rig.StartAsync(o =>
        {
            o = options is null ? o : options(o);
            return timers is null ? o : o with { Timers = timers(o.Timers) };
        });
        await rig.UserAsync(user);
        await PermitAsync(rig, Rig.User);
        return rig;
    }

    private static async Task PermitAsync(Rig rig, string phone)
    {
        await rig.PutAsync("users/" + phone, new { });
        await rig.PutAsync($"users/{phone}/permission", new { accepted = true, permanent = true });
    }
}
