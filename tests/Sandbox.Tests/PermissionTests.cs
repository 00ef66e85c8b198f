using System.Net;
using System.Text.Json.Nodes;
using static Sandbox.Tests.InboundCallTests;

namespace Sandbox.Tests;

public sealed class PermissionTests
{
    private static readonly object FreeForm = new
    {
        messaging_product = "whatsapp", recipient_type = "individual", to = Rig.User, type = "interactive",
        interactive = new { type =
            "call_permission_request", action = new { name = "call_permission_request" }, body = new { text = "May we call?" } },
    };

    private static readonly object Template = new
    {
        messaging_product = "whatsapp", to = Rig.User, type = "template",
        template = new { name = "call_permission", language = new { code = "en" } },
    };

    [Fact]
    public async Task A_request_is_answered_by_webhook_and_then_the_user_can_be_called()
    {
        await using var rig = await Rig.StartAsync();
        await rig.UserAsync(new { permission = "Accept" });
        AssertFault(await rig.GraphAsync("messages", FreeForm), HttpStatusCode.BadRequest, 131047);
        var (status, body) = await rig.GraphAsync("messages", Template);
        Assert.Equal(HttpStatusCode.OK, status);
        var reply = (await rig.ExpectAsync("interactive")).Value["messages"]![0]!;
        Assert.Equal((string?)body["messages"]![0]!["id"], (string?)reply["context"]!["id"]);
        var decision = reply["interactive"]!["call_permission_reply"]!;
        Assert.Equal(("accept", false), ((string?)decision["response"], (bool)decision["is_permanent"]!));
        Assert.NotNull(decision["expiration_timestamp"]);
        Assert.Equal(HttpStatusCode.OK, (await rig.ConnectAsync()).Status);
    }

    [Fact]
    public async Task A_second_request_within_a_day_is_refused_until_a_call_connects()
    {
        await using var rig = await Rig.StartAsync();
        await rig.UserAsync(new { permission = "Accept", auto = "Answer" });
        await rig.PostAsync($"users/{Rig.User}/message", new { text = "hi" });
        await rig.ExpectAsync("text");
        Assert.Equal(HttpStatusCode.OK, (await rig.GraphAsync("messages", FreeForm)).Status);
        await rig.ExpectAsync("interactive");
        AssertFault(await rig.GraphAsync("messages", FreeForm), HttpStatusCode.BadRequest, 138009);
        Assert.False(Action(await ReadAsync(rig), "send_call_permission_request"));

        var id = (string)(await rig.ConnectAsync()).Body["calls"]![0]!["id"]!;
        await rig.CallUntilAsync(id, view => (string?)view["state"] == "Active");
        Assert.Equal(HttpStatusCode.OK, (await rig.GraphAsync("messages", FreeForm)).Status);
    }

    [Fact]
    public async Task Who_has_permitted_for_good_is_not_asked_again()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        AssertFault(await rig.GraphAsync("messages", Template), HttpStatusCode.BadRequest, 138017);
        var read = await ReadAsync(rig);
        Assert.Equal("permanent", (string?)read["permission"]!["status"]);
        Assert.True(Action(read, "start_call"));
    }

    [Fact]
    public async Task Users_are_found_by_their_business_scoped_id()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        var (_, read) = await rig.GraphAsync(HttpMethod.Get, "call_permissions?recipient=US.77" + Rig.User);
        Assert.Equal("permanent", (string?)read["permission"]!["status"]);
        var (status, _) = await rig.GraphAsync("calls", new
        {
            messaging_product = "whatsapp", recipient = "US.77" + Rig.User, action = "connect",
            session = new { sdp_type = "offer", sdp = BusinessSdp.Offer },
        });
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Reads_have_their_own_rate()
    {
        await using var rig = await Rig.StartAsync(options => options with { MaxPermissionReadsPerSecond = 0 });
        AssertFault(await rig.GraphAsync(HttpMethod.Get, "call_permissions?user_wa_id=" + Rig.User), HttpStatusCode.TooManyRequests, 613);
    }

    private static async Task<JsonNode> ReadAsync(Rig rig) =>
        (await rig.GraphAsync(HttpMethod.Get, "call_permissions?user_wa_id=" + Rig.User)).Body;

    private static bool Action(JsonNode read, string name) =>
        (bool)read["actions"]!.AsArray().Single(action => (string?)action!["action_name"] == name)!["can_perform_action"]!;
}
