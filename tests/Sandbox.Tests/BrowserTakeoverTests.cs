using System.Diagnostics;
using System.Text.Json.Nodes;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;
using Xunit.Abstractions;

namespace Sandbox.Tests;

/// <summary>
/// The gateway's side of a browser's call goes on in another engine, at another address: Chromium, a full ICE agent, follows its checks.
/// </summary>
public sealed class BrowserTakeoverTests(ITestOutputHelper output)
{
    private static readonly PbxMediaProfile Profile = new();

    /// <summary>A browser that offers controls ICE; one that answers does not. A lease takes a second and a half to lapse.</summary>
    [BrowserTheory]
    [InlineData(true, 1500)]
    [InlineData(false, 1500)]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    public async Task A_browser_hears_and_is_heard_from_another_address(bool browserOffers, int silentMs)
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        await using var business = await BusinessSide.StartAsync(rig);
        await using var browser = Browser.Open(
            rig.Url + $"/phone?user={Rig.User}&tone=440&{(browserOffers ? "place=1" : "auto=answer")}");
        string id;
        MediaCall media;
        if (browserOffers)
        {
            (var call, media) = await business.AnswerAsync();
            id = call.CallId;
        }
        else
        {
            await rig.UntilAsync("users", users => (string?)users[0]!["handset"] == "browser");
            (id, media) = await business.CallAsync();
        }
        media.SetTreatment(AudioTreatment.Live, AudioTreatment.Live);
        using var phone = new MilliwattPhone();
        await phone.JoinAsync(media, Profile);
        await HeardAsync(media, default);
        await rig.CallUntilAsync(id, HearsTheTone);

        await using var second = await StartAsync(41100);
        await using var third = await StartAsync(41200);
        foreach (var next in (MediaEngine[])[second, third, business.Media])
        {
            var snapshot = silentMs == 0 ? await media.HandOverAsync() : await media.SnapshotAsync();
            Assert.NotNull(snapshot);
            await media.AbandonAsync();
            await Task.Delay(silentMs); // until the lease has lapsed
            var before = await ReceivedAsync(rig, id);
            var resumed = Stopwatch.GetTimestamp();
            media = next.Resume(snapshot, Profile);
            await phone.JoinAsync(media, Profile);
            var sends = await HeardAsync(media, resumed);
            await rig.CallUntilAsync(id, view => Received(view) > before + 10 && HearsTheTone(view));
            output.WriteLine(
                $"{(next == business.Media ? "Back" : "Elsewhere")}: {sends}; it hears the phone within {Ms(resumed)} ms, by reports that "
                + "come each 500 ms.");
        }
        await media.ReleaseAsync();
    }

    private static async Task<MediaEngine> StartAsync(int firstPort)
    {
        var pbx = new PbxSideOptions { PortMin = firstPort, PortMax = firstPort + 99 };
        var engine = new MediaEngine(new MediaEngineOptions { Loops = 1, Pbx = pbx }, TimeProvider.System);
        await engine.StartAsync(default);
        return engine;
    }

    private static async Task<string> HeardAsync(MediaCall media, long since)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var connected = "";
        while (await media.Events.ReadAsync(limit.Token) is var next && next is not MediaEvent.FirstAudio { Leg: CallLeg.WhatsApp })
        {
            Assert.False(next is MediaEvent.WhatsAppFailed or MediaEvent.Failed, next.ToString());
            if (next is MediaEvent.WhatsAppConnected)
                connected = $"the browser answered after {Ms(since)} ms, ";
        }
        return connected + $"its audio came after {Ms(since)} ms";
    }

    private static bool HearsTheTone(JsonNode view) => (double?)view["report"]!["toneHertz"] is > 990 and < 1010;

    private static long Received(JsonNode view) => (long)view["report"]!["packetsReceived"]!;

    private static async Task<long> ReceivedAsync(Rig rig, string id) => Received(await rig.CallAsync(id));

    private static string Ms(long since) => $"{Stopwatch.GetElapsedTime(since).TotalMilliseconds:0}";
}
