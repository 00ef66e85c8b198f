using System.Net;
using System.Text.Json;

namespace AdminApi.Tests.Kit;

/// <summary>One event of a stream. Without an id: it is not stored.</summary>
public sealed record StreamedEvent(string Id, string Kind, JsonElement Data);

/// <summary>Reads Server-Sent Events. Waits at most ten seconds for each.</summary>
public sealed class EventStreamReader : IDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly StreamReader _lines;

    private EventStreamReader(HttpResponseMessage answer, Stream body)
    {
        _answer = answer;
        _lines = new StreamReader(body);
    }

    /// <summary>Returns when the stream has begun.</summary>
    public static async Task<EventStreamReader> OpenAsync(HttpClient client, HttpRequestMessage request)
    {
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var reader = new EventStreamReader(answer, await answer.Content.ReadAsStreamAsync());
        while (await reader.LineAsync() != "")
        {
        }
        return reader;
    }

    public async Task<StreamedEvent> NextAsync()
    {
        var fields = new Dictionary<string, string>();
        while (true)
        {
            var line = await LineAsync();
            if (line == "" && fields.TryGetValue("data", out var data))
                return new StreamedEvent(
                    fields.GetValueOrDefault("id", ""), fields["event"], JsonSerializer.Deserialize<JsonElement>(data));
            if (line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var end)
                fields[line[..end]] = line[(end + 2)..];
        }
    }

    private async Task<string> LineAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await _lines.ReadLineAsync(timeout.Token) ?? throw new EndOfStreamException("The stream has ended.");
    }

    public void Dispose()
    {
        _lines.Dispose();
        _answer.Dispose();
    }
}
