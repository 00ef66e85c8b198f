using System.Net.Http.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Webhooks;
using Media.Engine;
using Media.Engine.Loop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Sandbox.Tests;

/// <summary>
/// The gateway's WhatsApp half without a PBX: its webhook endpoint, its Graph client and its media engine, against a sandbox.
/// </summary>
internal sealed class BusinessSide : IAsyncDisposable
{
    private readonly WebhookQueue _queue = new(1000);
    private readonly HttpClient _http = new(GraphClient.CreateHandler());
    private WebApplication _endpoint = null!;

    public static GraphNumber Number { get; } = new(Rig.Number, new GraphToken("sandbox-token"));

    public GraphClient Graph { get; private set; } = null!;

    public MediaEngine Media { get; } = new(
        new MediaEngineOptions { Loops = 1, Pbx = new PbxSideOptions { PortMin = 41000, PortMax = 41099 } }, TimeProvider.System);

    public static async Task<BusinessSide> StartAsync(Rig rig)
    {
        var side = new BusinessSide();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        side._endpoint = builder.Build();
        side._endpoint.MapWhatsAppWebhooks(
            new WebhookEndpointOptions { AppSecrets = ["sandbox-app-secret"], VerifyToken = "t" }, side._queue, TimeProvider.System);
        await side._endpoint.StartAsync();
        side.Graph = new GraphClient(side._http, new GraphOptions { BaseUrl = new Uri(rig.Url) }, TimeProvider.System);
        await side.Media.StartAsync(default);
        using var set = await rig.Control.PatchAsync("numbers/" + Rig.Number,
            JsonContent.Create(new { webhookUrl = side._endpoint.Urls.Single() + "/webhooks/whatsapp" }));
        set.EnsureSuccessStatusCode();
        return side;
    }

    public MediaCall Reserve()
    {
        Assert.True(Media.TryReserve(out var call));
        return call;
    }

    /// <summary>The next webhook, which must be of this kind and hold nothing else.</summary>
    public async Task<T> NextAsync<T>()
        where T : WebhookEvent
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var webhook = await _queue.Webhooks.ReadAsync(limit.Token);
        webhook.Answer(isKept: true);
        var batch = webhook.Batch;
        Assert.Empty(batch.Skipped);
        return Assert.IsType<T>(Assert.Single(batch.Events));
    }

    /// <summary>
    /// Answers an inbound call as the gateway does: pre_accept, accept once ICE and DTLS are up, then ringing tone for the caller to hear.
    /// </summary>
    public async Task<(WebhookEvent.CallConnect Call, MediaCall Media)> AnswerAsync()
    {
        var call = await NextAsync<WebhookEvent.CallConnect>();
        var media = Reserve();
        var answer = await media.AnswerWhatsAppOfferAsync(call.Sdp);
        Assert.True(answer.Succeeded, answer.Refusal.ToString());
        var early = await Graph.PreAcceptAsync(Number, call.CallId, answer.Sdp!);
        Assert.True(early.IsSuccess, early.Error?.Error.ToString());
        await ConnectedAsync(media);
        Assert.True((await Graph.AcceptAsync(Number, call.CallId, answer.Sdp!)).IsSuccess);
        media.SetTreatment(AudioTreatment.Ringback, AudioTreatment.Silence);
        media.OpenAudio();
        return (call, media);
    }

    /// <summary>Calls the user and opens audio when the user has picked up.</summary>
    public async Task<(string CallId, MediaCall Media)> CallAsync(string? userId = null)
    {
        var media = Reserve();
        var offer = await media.CreateWhatsAppOfferAsync();
        var result = await Graph.ConnectAsync(
            Number, userId is null ? new WhatsAppUser(Rig.User) : new WhatsAppUser(null, userId), offer.Sdp!);
        Assert.True(result.IsSuccess, result.Error?.Error.ToString());
        var connect = await NextAsync<WebhookEvent.CallConnect>();
        Assert.Equal((result.Value, CallDirection.Outbound, SdpType.Answer), (connect.CallId, connect.Direction, connect.SdpType));
        var applied = await media.ApplyWhatsAppAnswerAsync(connect.Sdp);
        Assert.True(applied.Succeeded, applied.Refusal.ToString());
        Assert.Equal(RemoteCallState.Ringing, (await NextAsync<WebhookEvent.CallStatus>()).State);
        Assert.Equal(RemoteCallState.Accepted, (await NextAsync<WebhookEvent.CallStatus>()).State);
        await ConnectedAsync(media);
        media.SetTreatment(AudioTreatment.Ringback, AudioTreatment.Silence);
        media.OpenAudio();
        return (result.Value!, media);
    }

    public async ValueTask DisposeAsync()
    {
        await Media.DisposeAsync();
        await _endpoint.DisposeAsync();
        _http.Dispose();
    }

    private static async Task ConnectedAsync(MediaCall media)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await media.Events.ReadAsync(limit.Token) is var next && next is not MediaEvent.WhatsAppConnected)
            Assert.IsNotType<MediaEvent.WhatsAppFailed>(next);
    }
}
