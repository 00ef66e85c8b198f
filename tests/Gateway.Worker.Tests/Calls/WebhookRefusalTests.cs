using System.Text;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Requests not from Meta, or not webhooks, are refused and change nothing, not even for running calls.</summary>
[Collection(StoresCollection.Name)]
public sealed class WebhookRefusalTests(Stores stores)
{
    [Fact]
    public async Task Forged_and_malformed_webhooks_are_refused_and_the_live_call_goes_on()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        var forged = await bench.Gateway.MetricAsync("gateway_whatsapp_webhooks_total", "result=\"bad_signature\"");

        var url = bench.Gateway.WebhookUrl;
        var end = Terminate(call.Id, bench.WhatsApp.Number.PhoneNumberId);
        Assert.Equal(401, await PostAsync(end, secret: null));
        Assert.Equal(401, await PostAsync(end, secret: "somebody else's"));
        Assert.Equal(401, await PostAsync(new byte[3_000_000], secret: null));
        Assert.Equal(400, await PostAsync("garbage"u8.ToArray()));
        Assert.Equal(400, await PostAsync("[]"u8.ToArray()));
        Assert.Equal(400, await PostAsync(new byte[100_000]));
        Assert.Equal(400, await PostAsync(Encoding.UTF8.GetBytes(new string('[', 50_000))));
        Assert.Equal(413, await PostAsync(new byte[4_000_000]));
        Assert.Equal(415, await PostAsync(end, type: "text/plain"));
        Assert.Equal(
            403, (await bench.Gateway.GetAsync("/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=7&hub.verify_token=wrong")).Status);
        Assert.Equal(
            (200, "7"), await bench.Gateway.GetAsync("/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=7&hub.verify_token=verify"));

        Assert.True(await bench.Gateway.MetricAsync("gateway_whatsapp_webhooks_total", "result=\"bad_signature\"") >= forged + 3);
        var live = Assert.Single(await bench.Gateway.LiveAsync());
        Assert.Equal((call.Id, Gateway.Calls.Lifecycle.CallState.Live), (live.WhatsAppId!.Value.Value, live.State));
        Assert.Equal(CallState.Active, call.State);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);

        Task<int> PostAsync(byte[] body, string? secret = WebhookRelay.AppSecret, string type = "application/json") =>
            bench.Relay.PostAsync(url, body, secret, type);
    }

    private static byte[] Terminate(string id, string number) => Encoding.UTF8.GetBytes(
        $$$"""
        {"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"calls","value":{"messaging_product":"whatsapp",
        "metadata":{"display_phone_number":"1","phone_number_id":"{{{number}}}"},
        "calls":[{"id":"{{{id}}}","event":"terminate","direction":"USER_INITIATED","timestamp":"1","status":"COMPLETED"}]}}]}]}
        """);
}
