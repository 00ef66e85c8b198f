using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Graph;

/// <summary>
/// The Graph requests that set a number up, and that no call needs: the app's webhook (/{app}/subscriptions, "Graph API: App
/// Subscriptions"), the app at the account (/{account}/subscribed_apps), the number's own data. One try each; every outcome is a value.
/// </summary>
/// <param name="http">As <see cref="GraphClient.CreateHandler"/> makes them.</param>
/// <param name="options">Where Graph is.</param>
public sealed class GraphSetup(HttpClient http, GraphOptions options)
{
    /// <summary>What subscriptions of WhatsApp are about.</summary>
    public const string WebhookObject = "whatsapp_business_account";

    private readonly Uri _base = new(options.BaseUrl.AbsoluteUri.TrimEnd('/') + "/" + options.Version + "/");

    /// <summary>The webhook of the app: null where it has none for WhatsApp.</summary>
    /// <param name="app">The app's id.</param>
    /// <param name="secret">The app's secret: with the id it is the app's token.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<GraphResult<AppWebhook>> GetWebhookAsync(string app, string secret, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{app}/subscriptions", $"{app}|{secret}", null, cancellation);
        if (!answer.IsSuccess)
            return answer.Error;
        var ours = answer.Value["data"]?.AsArray().FirstOrDefault(one => (string?)one?["object"] == WebhookObject);
        return new AppWebhook(
            (string?)ours?["callback_url"], (bool?)ours?["active"] ?? false,
            [.. (ours?["fields"]?.AsArray() ?? []).Select(field => (string?)(field as JsonObject)?["name"] ?? field?.ToString() ?? "")]);
    }

    /// <summary>Sets the webhook of the app. Meta verifies the address at once.</summary>
    public Task<GraphResult<JsonObject>> SetWebhookAsync(
        string app, string secret, Uri url, string verifyToken, IEnumerable<string> fields, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"{app}/subscriptions", $"{app}|{secret}", new JsonObject
        {
            ["object"] = WebhookObject,
            ["callback_url"] = url.AbsoluteUri,
            ["verify_token"] = verifyToken,
            ["fields"] = string.Join(',', fields),
        }, cancellation);

    /// <summary>The ids of the apps that get the account's webhooks.</summary>
    public async Task<GraphResult<string[]>> GetSubscribedAppsAsync(string account, string token, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{account}/subscribed_apps", token, null, cancellation);
        if (!answer.IsSuccess)
            return answer.Error;
        string[] ids = [.. (answer.Value["data"]?.AsArray() ?? []).Select(app => (string?)app?["whatsapp_business_api_data"]?["id"] ?? "")];
        return ids;
    }

    /// <summary>Lets the token's app have the account's webhooks.</summary>
    public Task<GraphResult<JsonObject>> SubscribeAppAsync(string account, string token, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"{account}/subscribed_apps", token, [], cancellation);

    /// <summary>The number as people see it: digits with country code, and whether the Cloud API has it.</summary>
    public async Task<GraphResult<NumberFacts>> GetNumberAsync(string phoneNumberId, string token, CancellationToken cancellation)
    {
        var answer = await SendAsync(
            HttpMethod.Get, $"{phoneNumberId}?fields=display_phone_number,verified_name,platform_type,quality_rating", token, null,
            cancellation);
        if (!answer.IsSuccess)
            return answer.Error;
        return new NumberFacts(
            new string([.. ((string?)answer.Value["display_phone_number"] ?? "").Where(char.IsAsciiDigit)]),
            (string?)answer.Value["verified_name"], (string?)answer.Value["platform_type"], (string?)answer.Value["quality_rating"]);
    }

    /// <summary>
    /// The messaging limit of the number's business portfolio, "TIER_2K" ("Messaging limits"); "" where Meta does not say.
    /// </summary>
    public async Task<GraphResult<string>> GetMessagingLimitAsync(string phoneNumberId, string token, CancellationToken cancellation)
    {
        const string Field = "whatsapp_business_manager_messaging_limit";
        var answer = await SendAsync(HttpMethod.Get, $"{phoneNumberId}?fields={Field}", token, null, cancellation);
        return answer.IsSuccess ? (string?)answer.Value[Field] ?? "" : answer.Error;
    }

    /// <summary>What keeps Meta from serving the number, its account, business or app ("Messaging and Calling Health Status").</summary>
    public async Task<GraphResult<HealthFault[]>> GetHealthAsync(string phoneNumberId, string token, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{phoneNumberId}?fields=health_status", token, null, cancellation);
        if (!answer.IsSuccess)
            return answer.Error;
        HealthFault[] faults =
        [
            .. from entity in answer.Value["health_status"]?["entities"]?.AsArray() ?? []
               from error in entity?["errors"]?.AsArray() ?? []
               select new HealthFault(
                   (string?)entity["entity_type"] ?? "", (string?)entity["can_send_message"] ?? "", (int?)error?["error_code"] ?? 0,
                   (string?)error?["error_description"] ?? "", (string?)error?["possible_solution"]),
        ];
        return faults;
    }

    /// <summary>What a token may do ("Debug-Token").</summary>
    /// <param name="inspected">The token.</param>
    /// <param name="app">The app's id.</param>
    /// <param name="secret">The app's secret.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<GraphResult<TokenFacts>> InspectTokenAsync(
        string inspected, string app, string secret, CancellationToken cancellation)
    {
        var answer = await SendAsync(
            HttpMethod.Get, $"debug_token?input_token={Uri.EscapeDataString(inspected)}", $"{app}|{secret}", null, cancellation);
        if (!answer.IsSuccess)
            return answer.Error;
        var data = answer.Value["data"];
        var end = (long?)data?["expires_at"] ?? 0; // 0: never
        return new TokenFacts(
            (bool?)data?["is_valid"] ?? false, (string?)data?["app_id"], (string?)data?["error"]?["message"],
            end > 0 ? DateTimeOffset.FromUnixTimeSeconds(end) : null,
            [.. (data?["scopes"]?.AsArray() ?? []).Select(scope => (string?)scope ?? "")]);
    }

    private async Task<GraphResult<JsonObject>> SendAsync(
        HttpMethod method, string path, string token, JsonObject? body, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(method, new Uri(_base, path));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            message.Content = JsonContent.Create(body);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(options.EndDeadline); // Meta asks our webhook before it answers
            using var response = await http.SendAsync(message, timeout.Token);
            var text = await response.Content.ReadAsStringAsync(timeout.Token);
            using var document = JsonDocument.Parse(text);
            if (WhatsAppErrorReader.Read(document.RootElement.Child("error")) is { } error)
                return new GraphError(error, (int)response.StatusCode, Retryable: false);
            return response.IsSuccessStatusCode && JsonNode.Parse(text) is JsonObject answer
                ? answer : Failed(WhatsAppErrorCodes.MalformedAnswer);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Failed(WhatsAppErrorCodes.DeadlineExceeded);
        }
        catch (HttpRequestException)
        {
            return Failed(WhatsAppErrorCodes.Unreachable);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException)
        {
            return Failed(WhatsAppErrorCodes.MalformedAnswer);
        }
    }

    private static GraphError Failed(int code) => new(new WhatsAppError(code, WhatsAppErrorNames.Of(code)), null, Retryable: true);
}

/// <summary>An app's webhook as Meta has it.</summary>
/// <param name="Url">Null: it has none for WhatsApp.</param>
/// <param name="IsActive">Meta sends to it.</param>
/// <param name="Fields">What it is sent.</param>
public sealed record AppWebhook(string? Url, bool IsActive, IReadOnlyList<string> Fields);

/// <summary>Something that limits or blocks a number.</summary>
/// <param name="Entity">PHONE_NUMBER, WABA, BUSINESS, APP.</param>
/// <param name="Status">Of the entity: AVAILABLE, LIMITED, BLOCKED.</param>
/// <param name="Code">Meta's number of it.</param>
/// <param name="Text">Meta's own words.</param>
/// <param name="Remedy">Meta's advice; null: none.</param>
public sealed record HealthFault(string Entity, string Status, int Code, string Text, string? Remedy);

/// <summary>A token as Meta has it.</summary>
/// <param name="IsValid">It is taken.</param>
/// <param name="App">The id of its app.</param>
/// <param name="Reason">Why it is not taken.</param>
/// <param name="ExpiresAt">Null: it does not run out.</param>
/// <param name="Scopes">What it may do.</param>
public sealed record TokenFacts(bool IsValid, string? App, string? Reason, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Scopes);

/// <summary>A number as Meta has it.</summary>
/// <param name="Number">Digits with country code.</param>
/// <param name="Name">The verified name.</param>
/// <param name="Platform">CLOUD_API, where calls are possible.</param>
/// <param name="Quality">GREEN, YELLOW, RED, UNKNOWN.</param>
public sealed record NumberFacts(string Number, string? Name, string? Platform, string? Quality);
