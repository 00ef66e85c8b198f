using System.Net.Http.Json;
using System.Text.Json;

namespace Demo;

/// <summary>What a user hears now.</summary>
/// <param name="Hertz">The steady tone; null: none.</param>
/// <param name="LevelDb">The level in dBov; null before any audio.</param>
/// <param name="Failure">The reason for hearing nothing, where the handset has one.</param>
/// <param name="Packets">RTP packets so far.</param>
internal readonly record struct Heard(double? Hertz, double? LevelDb, string? Failure, long Packets);

/// <summary>The person on the emulated WhatsApp, driven by the sandbox's control API.</summary>
internal sealed class WhatsAppUser(HttpClient http, string phone)
{
    /// <summary>The user's number.</summary>
    public string Phone => phone;

    /// <summary>Gives the user a name, and the business number permission to call.</summary>
    public async Task IntroduceAsync(string name, CancellationToken cancellation)
    {
        await SendAsync(HttpMethod.Put, $"/sandbox/users/{phone}", new { name }, cancellation);
        await SendAsync(HttpMethod.Put, $"/sandbox/users/{phone}/permission", new { accepted = true, permanent = true }, cancellation);
    }

    /// <summary>Calls the business number, by a button with this payload where given; returns WhatsApp's id of the call.</summary>
    public async Task<string> CallAsync(double toneHertz, CancellationToken cancellation, string? button = null) => (await SendAsync(
        HttpMethod.Post, "/sandbox/calls", new { user = phone, handset = "native", toneHertz, ctaPayload = button }, cancellation))
        .GetProperty("id").GetString()!;

    /// <summary>WhatsApp's id of the call that rings now; null when none does.</summary>
    public async Task<string?> FindRingingAsync(CancellationToken cancellation)
    {
        var calls = await http.GetFromJsonAsync<JsonElement>($"/sandbox/calls?user={phone}&live=true", cancellation);
        return calls.EnumerateArray()
            .FirstOrDefault(call => call.GetProperty("state").GetString() == "Ringing") is { ValueKind: JsonValueKind.Object } call
            ? call.GetProperty("id").GetString()
            : null;
    }

    public Task SendToneAsync(string id, double hertz, CancellationToken cancellation) => DoAsync(id, "tone", new { hertz }, cancellation);

    public Task AnswerAsync(string id, CancellationToken cancellation) => DoAsync(id, "answer", new { }, cancellation);

    public Task HangUpAsync(string id, CancellationToken cancellation) => DoAsync(id, "hangup", new { }, cancellation);

    public async Task<Heard> ListenAsync(string id, CancellationToken cancellation)
    {
        var call = await http.GetFromJsonAsync<JsonElement>("/sandbox/calls/" + Uri.EscapeDataString(id), cancellation);
        var report = call.GetProperty("report");
        return new Heard(
            Number("toneHertz"), Number("levelDb"), report.GetProperty("failure").GetString(),
            report.GetProperty("packetsReceived").GetInt64());
        double? Number(string name) =>
            report.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
    }

    private Task<JsonElement> DoAsync(string id, string action, object content, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/sandbox/calls/{Uri.EscapeDataString(id)}/{action}", content, cancellation);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(content) };
        using var answer = await http.SendAsync(request, cancellation);
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new DemoException($"WhatsApp answered {method} {path} with {(int)answer.StatusCode}: {body}");
        return body.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(body);
    }
}
