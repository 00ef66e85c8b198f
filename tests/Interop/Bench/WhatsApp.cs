using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sandbox;
using Sandbox.Calls;
using Sandbox.Control;
using Sandbox.Handsets;

namespace Interop.Bench;

/// <summary>The emulated WhatsApp of a bench: users, their calls, and the state of their handsets.</summary>
public sealed class WhatsApp : IAsyncDisposable
{
    internal static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Distinct over all benches of a run, so that a user's number finds its records.</summary>
    private static int _lastUser;

    private readonly WebApplication _app;

    private WhatsApp(WebApplication app)
    {
        _app = app;
        Url = app.Urls.Single();
        Control = new HttpClient { BaseAddress = new Uri(Url + "/sandbox/") };
    }

    public string Url { get; }

    internal HttpClient Control { get; }

    public static async Task<WhatsApp> StartAsync(IEnumerable<BenchChannel> channels, string webhookUrl, SandboxTimers timers)
    {
        var app = SandboxApp.Build(
            new SandboxOptions
            {
                Timers = timers,
                Numbers = [.. channels.Select(channel => new NumberOptions
                {
                    PhoneNumberId = channel.PhoneNumberId,
                    DisplayNumber = channel.Number,
                    AccessToken = GatewayUnderTest.Token,
                    AppSecret = GatewayUnderTest.AppSecret,
                    WebhookUrl = webhookUrl,
                })],
            },
            "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "Warning");
        await app.StartAsync();
        return new WhatsApp(app);
    }

    /// <summary>A number that no user of this run has.</summary>
    public string NewNumber() => $"4479{Interlocked.Increment(ref _lastUser):00000000}";

    /// <summary>A handset in the phone page that this user has open, for a call that WhatsApp knows nothing of.</summary>
    public IHandset HandsetOf(string user) => Pages.Handset(_app.Services.GetRequiredService<Sandbox.Users.UserStore>().GetOrAdd(user));

    /// <summary>The user's phone page is open and connected.</summary>
    public bool HasPage(string user) => Pages.IsOpen(_app.Services.GetRequiredService<Sandbox.Users.UserStore>().GetOrAdd(user));

    private Sandbox.Phone.PhoneHub Pages => _app.Services.GetRequiredService<Sandbox.Phone.PhoneHub>();

    /// <summary>A new user who has permitted calls permanently and answers automatically, unless specified otherwise.</summary>
    public async Task<string> UserAsync(string auto = "Answer")
    {
        var phone = NewNumber();
        await PermitAsync(phone, auto, "native");
        return phone;
    }

    internal async Task PermitAsync(string phone, string auto, string handset)
    {
        await SendAsync(HttpMethod.Put, "users/" + phone, new { auto, handset });
        foreach (var number in _app.Services.GetRequiredService<Sandbox.Numbers.NumberStore>().All)
            await SendAsync(
                HttpMethod.Put, $"users/{phone}/permission", new { accepted = true, permanent = true, number = number.PhoneNumberId });
    }

    /// <summary>The user calls the business, having tapped a button that carries <paramref name="service"/>.</summary>
    public async Task<UserCall> CallAsync(string user, BenchChannel channel, string service, double? hertz = UserCall.Hertz)
    {
        var view = await SendAsync<CallView>(
            HttpMethod.Post, "calls", new { user, number = channel.PhoneNumberId, ctaPayload = service, toneHertz = hertz });
        return new UserCall(this, view.Id, user);
    }

    /// <summary>The call that the business has placed to this user.</summary>
    public async Task<UserCall> IncomingAsync(string user, TimeSpan? timeout = null)
    {
        var calls = await Eventually.SeeAsync(
            async () => (await CallsAsync("?user=" + user)).Where(call => !call.Inbound).ToList(), found => found.Count > 0,
            $"a call to {user}", timeout: timeout);
        return new UserCall(this, calls[^1].Id, user);
    }

    /// <summary>The media end of a call's user.</summary>
    internal IHandset HandsetOf(UserCall call) =>
        _app.Services.GetRequiredService<CallHandler>().All.Single(one => one.Id == call.Id).Handset;

    /// <summary>Every message that the business has sent.</summary>
    public Task<JsonElement> MessagesAsync() => Control.GetFromJsonAsync<JsonElement>("messages");

    public async Task<IReadOnlyList<CallView>> CallsAsync(string query) =>
        (await Control.GetFromJsonAsync<List<CallView>>("calls" + query, Json))!;

    /// <summary>Sets G.711 beside Opus for the business number, as its owner does at Meta.</summary>
    public async Task AllowCodecsAsync(BenchChannel channel, params string[] codecs)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/v25.0/{channel.PhoneNumberId}/settings")
        {
            Content = JsonContent.Create(new { calling = new { audio = new { additional_codecs = codecs } } }),
        };
        request.Headers.Authorization = new("Bearer", GatewayUnderTest.Token);
        using var response = await Control.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    public async Task SetKnobsAsync(object knobs) => await SendAsync(HttpMethod.Put, "knobs", knobs);

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    internal async Task SendAsync(HttpMethod method, string path, object body) => await SendAsync<object?>(method, path, body);

    internal async Task<T> SendAsync<T>(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using var response = await Control.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"The sandbox answered {path} with {(int)response.StatusCode}: {text}");
        return text.Length == 0 ? default! : JsonSerializer.Deserialize<T>(text, Json)!;
    }
}
