using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Interop.Bench;
using Testing;
using Testing.Peers;
using Xunit.Abstractions;

namespace Interop.Latency;

/// <summary>
/// The time that the gateway itself takes to set up a call, one call at a time, real stores included: printed, not judged, since the
/// machine decides. <c>dotnet test tests/Interop -c Release --filter SetUpTimes --logger "console;verbosity=detailed"</c>
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class SetUpTimes(Stores stores, ITestOutputHelper output)
{
    /// <summary>The number of calls after which the runtime has fully compiled the code of a call.</summary>
    private const int WarmUp = 250;

    private const int Measured = 300;

    private static readonly BenchChannel Channel = new("15550007002", "bare");

    private readonly string _offer = File.ReadAllText(Repository.File("tests", "Vectors", "sdp", "whatsapp-offer.sdp"))
        .ReplaceLineEndings("\r\n").Replace("203.0.113.10", "127.0.0.1", StringComparison.Ordinal)
        .Replace("2001:db8:face::10", "::1", StringComparison.Ordinal);

    [Fact]
    public async Task Set_up_times_of_one_call_at_a_time()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var graph = await GraphStub.StartAsync();
        await using var pbx = new BarePbx();
        await using var gateway = new GatewayUnderTest();
        using var folder = new TemporaryFolder();
        SelfSignedCertificate.Write(folder.File("bench.pem"));
        await gateway.StartAsync(
            new GatewaySettings { Channels =
                [Channel], Trunks = [GatewaySettings.Trunk("bare", pbx.Port, ("keepAlive", "00:00:00"))], Quarantine = "00:00:00" },
            graph.Url, stores, folder.File("bench.pem"));
        using var http = new HttpClient();
        List<double> toPreAccept = [], toInvite = [], toAccept = [];
        for (var i = 0; i < WarmUp + Measured; i++)
        {
            var id = $"wacid.latency{Guid.NewGuid():n}";
            var sentAt = Stopwatch.GetTimestamp();
            await PostAsync(http, gateway.WebhookUrl, id, Call(id, "connect", new { sdp_type = "offer", sdp = _offer }), timeout.Token);
            var preAcceptAt = await graph.NextAsync("pre_accept", timeout.Token);
            var (inviteAt, answerAt) = await pbx.NextCallAsync(timeout.Token);
            var acceptAt = await graph.NextAsync("accept", timeout.Token);
            if (i >= WarmUp)
            {
                toPreAccept.Add(Stopwatch.GetElapsedTime(sentAt, preAcceptAt).TotalMilliseconds);
                toInvite.Add(Stopwatch.GetElapsedTime(sentAt, inviteAt).TotalMilliseconds);
                toAccept.Add(Stopwatch.GetElapsedTime(answerAt, acceptAt).TotalMilliseconds);
            }
            await PostAsync(http, gateway.WebhookUrl, id, Call(id, "terminate", null), timeout.Token);
            await pbx.EndedAsync(timeout.Token);
            // The end of a call is work too: its record, its charge. One call at a time includes it.
            await Eventually.SeeAsync(() => gateway.MetricAsync("gateway_calls_active"), live => live == 0, "the call is over");
        }
        output.WriteLine($"{Measured} calls, one at a time:");
        output.WriteLine($"webhook → pre_accept: {Describe(toPreAccept)}");
        output.WriteLine($"webhook → INVITE (with pre_accept's round trip): {Describe(toInvite)}");
        output.WriteLine($"PBX answer → Graph accept: {Describe(toAccept)}");
        Assert.Equal(Measured, toInvite.Count);
        Assert.All(toInvite.Concat(toAccept), time => Assert.InRange(time, 0, 60_000));
    }

    private static string Describe(List<double> milliseconds)
    {
        milliseconds.Sort();
        return $"p50 {milliseconds[milliseconds.Count / 2]:0.0} ms, p99 {milliseconds[milliseconds.Count * 99 / 100]:0.0} ms, worst " +
            $"{milliseconds[^1]:0.0} ms";
    }

    private static object Call(string id, string happened, object? session) => new
    {
        id, from = "447900999999", to = Channel.Number, @event = happened, timestamp = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
        direction = "USER_INITIATED", session, status = happened == "terminate" ? "COMPLETED" : null,
    };

    private static async Task PostAsync(HttpClient http, string url, string id, object call, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            @object = "whatsapp_business_account",
            entry = new[]
            {
                new
                {
                    id = "1",
                    changes = new[]
                    {
                        new
                        {
                            field = "calls",
                            value = new
                            {
                                messaging_product = "whatsapp",
                                metadata = new { display_phone_number = Channel.Number, phone_number_id = Channel.PhoneNumberId },
                                calls = new[] { call },
                            },
                        },
                    },
                },
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add(
            "X-Hub-Signature-256",
            "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(GatewayUnderTest.AppSecret), body)));
        using var response = await http.SendAsync(request, cancellation);
        Assert.True(response.IsSuccessStatusCode, $"the webhook about {id} was answered {(int)response.StatusCode}");
    }
}
