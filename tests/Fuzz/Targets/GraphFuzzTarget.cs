using System.Net;
using Gateway.Calls;
using Gateway.WhatsApp.Graph;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// The answer of the Graph API: its first byte chooses the HTTP status, the rest is the body, and also the header of usage. Every action
/// turns it into a value or a reason and throws nothing.
/// </summary>
public sealed class GraphFuzzTarget : IFuzzTarget
{
    private static readonly int[] Statuses = [200, 200, 200, 400, 401, 429, 500, 503];

    private static readonly GraphNumber Number = new("1", new GraphToken("t"));

    private static readonly WhatsAppUser User = new("15550001111");

    public string Name => "graph";

    public void Run(ReadOnlySpan<byte> input)
    {
        var status = Statuses[input.Length > 0 ? input[0] % Statuses.Length : 0];
        using var http = new HttpClient(new Answers(status, input.Length > 0 ? input[1..].ToArray() : []));
        Check(http, client => client.ConnectAsync(Number, User, "sdp"));
        Check(http, client => client.AcceptAsync(Number, "wacid.1", "sdp"));
        Check(http, client => client.TerminateAsync(Number, "wacid.1"));
        Check(http, client => client.GetCallPermissionAsync(Number, User));
        Check(http, client => client.GetSettingsAsync(Number));
    }

    private static void Check<T>(HttpClient http, Func<GraphClient, Task<GraphResult<T>>> act)
    {
        // One attempt, so that there is no back-off; a client of its own, so that nothing is throttled.
        var asked = act(new GraphClient(http, new GraphOptions { MaxAttempts = 1 }, TimeProvider.System));
        Require(asked.Wait(TimeSpan.FromSeconds(10)), "an answer is read at once");
        var result = asked.Result;
        Require(result.IsSuccess == (result.Error is null) && result.IsSuccess == (result.Value is not null), "a value or a reason");
        Require(result.Error is not { RetryAfter.Ticks: <= 0 }, "a wait lies ahead");
    }

    private sealed class Answers(int status, byte[] body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(body) };
            response.Headers.TryAddWithoutValidation(
                "X-Business-Use-Case-Usage", System.Text.Encoding.Latin1.GetString(body).ReplaceLineEndings(" "));
            return Task.FromResult(response);
        }
    }
}
