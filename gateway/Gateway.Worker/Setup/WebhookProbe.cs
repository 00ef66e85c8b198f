using Gateway.Worker.Checks;

namespace Gateway.Worker.Setup;

/// <summary>Asks the webhook for the handshake that Meta does when it is set, by the same address.</summary>
internal static class WebhookProbe
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static async Task<CheckLine> TryAsync(HttpClient http, Uri webhook, string verifyToken, CancellationToken cancellation)
    {
        const string Subject = "webhook";
        var challenge = Random.Shared.Next(100_000, 999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var url = new Uri(webhook, $"?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={Uri.EscapeDataString(verifyToken)}");
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(Timeout);
            using var answer = await http.GetAsync(url, timeout.Token);
            if (await answer.Content.ReadAsStringAsync(timeout.Token) == challenge && answer.IsSuccessStatusCode)
                return webhook.Scheme == "https" || webhook.IsLoopback
                    ? CheckLine.Ok(Subject, $"{webhook} answers as Meta wants")
                    : CheckLine.Wrong(
                        Subject, $"{webhook} is not https", "Meta sends to https alone: put a reverse proxy with a certificate before it");
            return (int)answer.StatusCode == 403
                ? CheckLine.Wrong(
                    Subject, $"{webhook} refuses whatsApp.verifyToken", "restart or reload the gateway: it runs with another one")
                : CheckLine.Wrong(
                    Subject, $"{webhook} answers {(int)answer.StatusCode}, not the challenge",
                    "let the reverse proxy pass http.webhookPath to http.listen of the running gateway");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return CheckLine.Wrong(
                Subject, $"{webhook}: {(e is HttpRequestException ? e.Message : "no answer")}",
                "start the gateway; check the reverse proxy, its certificate, and DNS");
        }
    }
}
