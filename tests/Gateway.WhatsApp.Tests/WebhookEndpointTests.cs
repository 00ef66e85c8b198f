using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Gateway.Calls.Lifecycle;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp.Tests;

public sealed class WebhookEndpointTests : IAsyncLifetime
{
    private readonly WebhookQueue _queue = new(capacity: 2);
    private readonly HttpClient _http = new();
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await StartAsync(keepTimeout: TimeSpan.FromMinutes(1));
        _http.BaseAddress = new Uri(_server.Url, "/webhooks/whatsapp");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_signed_webhook_is_answered_once_it_is_kept()
    {
        var answer = PostAsync(WebhookSamples.Body("inbound-connect"), "old");
        var webhook = await NextAsync();
        Assert.IsType<WebhookEvent.CallConnect>(Assert.Single(webhook.Batch.Events));
        Assert.False(answer.IsCompleted);
        webhook.Answer(isKept: true);
        Assert.Equal(HttpStatusCode.OK, await answer);
    }

    [Fact]
    public async Task What_nothing_keeps_is_to_be_sent_again()
    {
        var refused = PostAsync(WebhookSamples.Body("inbound-connect"));
        (await NextAsync()).Answer(isKept: false);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await refused);
    }

    [Fact]
    public async Task What_is_not_kept_in_time_is_to_be_sent_again()
    {
        await using var server = await StartAsync(keepTimeout: TimeSpan.FromMilliseconds(100));
        _http.BaseAddress = new Uri(server.Url, "/webhooks/whatsapp");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(WebhookSamples.Body("inbound-connect")));
    }

    [Fact]
    public async Task A_body_that_does_not_end_is_cut_off_and_others_are_taken_meanwhile()
    {
        using var slow = new TcpClient();
        await slow.ConnectAsync(_server.Url.Host, _server.Url.Port);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /webhooks/whatsapp HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"));
        Assert.Equal(HttpStatusCode.OK, await PostKeptAsync(WebhookSamples.Body("inbound-connect")));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 408 Request Timeout", await reader.ReadLineAsync(timeout.Token));
    }

    [Fact]
    public async Task A_full_queue_sends_Meta_away_until_there_is_room()
    {
        var body = WebhookSamples.Body("inbound-terminate-picked-up");
        Task<HttpStatusCode>[] waiting = [PostAsync(body), PostAsync(body), PostAsync(body)];
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await await Task.WhenAny(waiting));
        (await NextAsync()).Answer(isKept: true);
        (await NextAsync()).Answer(isKept: true);
        Assert.Equal(2, (await Task.WhenAll(waiting)).Count(status => status == HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.OK, await PostKeptAsync(body));
        _queue.Complete();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(body));
    }

    [Fact]
    public async Task A_strange_signature_is_unauthorized_before_anything_is_read()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(WebhookSamples.Body("inbound-connect"), "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(Encoding.UTF8.GetBytes("not even JSON"), "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(WebhookSamples.Body("inbound-connect"), null));
        Assert.False(_queue.Webhooks.TryRead(out _));
    }

    [Fact]
    public async Task Signed_nonsense_is_a_bad_request()
    {
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(Encoding.UTF8.GetBytes("{")));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync([]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_the_limit_is_too_large_whether_or_not_it_says_so(bool chunked)
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Padded(64 * 1024), chunked: chunked));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(Padded((64 * 1024) + 1), chunked: chunked));
    }

    [Fact]
    public async Task Only_JSON_is_taken() =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await PostAsync(WebhookSamples.Body("inbound-connect"), type: "text/plain"));

    [Fact]
    public async Task The_handshake_gives_the_challenge_back()
    {
        using var good = await _http.GetAsync("?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=token");
        Assert.Equal((HttpStatusCode.OK, "1158201444"), (good.StatusCode, await good.Content.ReadAsStringAsync()));
        using var bad = await _http.GetAsync("?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=guess");
        Assert.Equal(HttpStatusCode.Forbidden, bad.StatusCode);
    }

    [Theory]
    [InlineData("inbound-connect", typeof(CallInput.WhatsAppOffered))]
    [InlineData("outbound-connect", typeof(CallInput.WhatsAppAnswered))]
    [InlineData("outbound-ringing", typeof(CallInput.WhatsAppRinging))]
    [InlineData("outbound-accepted-lower-case", typeof(CallInput.WhatsAppPickedUp))]
    [InlineData("outbound-rejected", typeof(CallInput.WhatsAppDeclined))]
    [InlineData("inbound-terminate-failed-errors-in-both", typeof(CallInput.WhatsAppTerminated))]
    [InlineData("message-text", null)]
    [InlineData("permission-reject", null)]
    public void An_event_of_a_call_is_an_input_of_that_call(string sample, Type? expected)
    {
        var found = Assert.Single(WebhookSamples.Read(sample).Events);
        Assert.Equal(expected is not null, WebhookMapping.TryMap(found, out var id, out var input));
        Assert.Equal(expected, input?.GetType());
        if (expected is not null)
            Assert.StartsWith("wacid.", id.Value, StringComparison.Ordinal);
    }

    private Task<LoopbackServer> StartAsync(TimeSpan keepTimeout) => LoopbackServer.StartAsync(app => app.MapWhatsAppWebhooks(
        new WebhookEndpointOptions
        {
            AppSecrets = ["new", "old"], VerifyToken = "token", MaxBodyLength = 64 * 1024, BodyTimeout = TimeSpan.FromSeconds(1),
            KeepTimeout = keepTimeout,
        },
        _queue, TimeProvider.System));

    private async Task<HttpStatusCode> PostKeptAsync(byte[] body)
    {
        var answer = PostAsync(body);
        (await NextAsync()).Answer(isKept: true);
        return await answer;
    }

    private async Task<QueuedWebhook> NextAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await _queue.Webhooks.ReadAsync(timeout.Token);
    }

    private static byte[] Padded(int length)
    {
        var body = new byte[length];
        Array.Fill(body, (byte)' ');
        """{"entry":[]}"""u8.CopyTo(body);
        return body;
    }

    private async Task<HttpStatusCode> PostAsync(
        byte[] body, string? secret = "new", string type = "application/json", bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.TransferEncodingChunked = chunked;
        if (secret is not null)
            request.Headers.Add(WebhookSignature.HeaderName, WebhookSignature.Sign(body, secret));
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }
}
