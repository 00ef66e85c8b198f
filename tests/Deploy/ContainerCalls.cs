using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Demo;

namespace Deploy;

/// <summary>Calls through containers: the emulated WhatsApp, HAProxy, a gateway, Asterisk, and a desk phone outside of them.</summary>
[Trait("Category", "Alone")]
public sealed class ContainerCalls(ComposeBench bench) : IClassFixture<ComposeBench>
{
    private const double Tone = 1000;

    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_user_and_a_desk_phone_call_each_other()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var stop = timeout.Token;
        List<IAsyncDisposable> started = [];
        try
        {
            var user = new WhatsAppUser(bench.WhatsApp, "15551230001");
            await user.IntroduceAsync("Ada", stop);
            var phone = await bench.PhoneAsync(started, stop);
            var records = new CallRecords(bench.AdminApi);

            var inbound = await user.CallAsync(Tone, stop);
            await phone.AnswerAsync(stop);
            await HearBothAsync(phone, user, inbound, stop);
            await user.HangUpAsync(inbound, stop);
            Assert.Equal("whatsapp_hung_up", (await records.WaitForAsync(inbound, stop)).Cause);

            await phone.DoAsync("dial", $"sip:8{user.Phone}@{ComposeBench.Asterisk}", stop);
            var outbound = await Waiting.ForAsync("WhatsApp to ring", TimeSpan.FromSeconds(20), () => user.FindRingingAsync(stop), stop);
            await user.SendToneAsync(outbound, Tone, stop);
            await user.AnswerAsync(outbound, stop);
            await HearBothAsync(phone, user, outbound, stop);
            await phone.HangUpAsync(stop);
            Assert.Equal("pbx_hung_up", (await records.WaitForAsync(outbound, stop)).Cause);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{await bench.LogsAsync()}");
        }
        finally
        {
            foreach (var one in started)
                await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_programs_check_themselves_without_a_shell()
    {
        var (code, output) = await bench.ExecuteAsync(
            "gateway-1", "/usr/lib/whatsapp-gateway/gateway/Gateway.Worker", "check", "/etc/whatsapp-gateway/gateway.json");
        Assert.True(code == 0, output);
        (code, output) = await bench.ExecuteAsync(
            "gateway-1", "/usr/lib/whatsapp-gateway/gateway/Gateway.Worker", "health", "/etc/whatsapp-gateway/gateway.json");
        Assert.True(code == 0, output);
        (code, output) = await bench.ExecuteAsync("admin-api", "/usr/lib/whatsapp-gateway/admin-api/AdminApi", "health");
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Webhooks_alone_pass_the_proxy()
    {
        using var health = await bench.Http.GetAsync(new Uri("http://127.0.0.1:8080/readyz"));
        Assert.Equal(HttpStatusCode.NotFound, health.StatusCode);
        using var webhook = await bench.Http.GetAsync(new Uri(
            "http://127.0.0.1:8080/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=sandbox-verify-token&hub.challenge=4711"));
        Assert.Equal("4711", await webhook.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Prometheus_sees_both_gateways()
    {
        await Waiting.ForAsync("both gateways in Prometheus", TimeSpan.FromSeconds(60), async () =>
        {
            var answer = await bench.Http.GetFromJsonAsync<JsonElement>("http://127.0.0.1:9090/api/v1/query?query=up{job=\"gateway\"}==1");
            return answer.GetProperty("data").GetProperty("result").GetArrayLength() == 2 ? "both" : null;
        }, CancellationToken.None);
    }

    /// <summary>Redis' primary is killed: Sentinel chooses the other, and the gateways go on with it.</summary>
    [Fact]
    public async Task Gateways_go_on_with_the_other_Redis()
    {
        await bench.ComposeAsync(["kill", "redis-1"]);
        await Waiting.ForAsync("Redis to be back", TimeSpan.FromSeconds(60), async () =>
        {
            using var answer = await bench.Http.GetAsync(new Uri($"http://{ComposeBench.Gateway1}:8082/readyz"));
            var checks = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("checks");
            return checks.GetProperty("redis").GetString() == "ok" ? "ok" : null;
        }, CancellationToken.None);
    }

    private static async Task HearBothAsync(DeskPhone phone, WhatsAppUser user, string call, CancellationToken stop)
    {
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, call, Tone, Talk, stop);
        Assert.True(atWhatsApp.IsRight && atPbx.IsRight, $"At WhatsApp: {atWhatsApp}; at the PBX: {atPbx}");
    }
}
