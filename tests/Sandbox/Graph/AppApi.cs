using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Numbers;

namespace Sandbox.Graph;

/// <summary>
/// What an app is set up with: its webhook (/{app}/subscriptions, with the app's own token "ID|SECRET"; Meta asks the address before it
/// takes it), the account's apps (/{account}/subscribed_apps), and what Meta says of a number and of a token.
/// </summary>
public sealed class AppApi(NumberStore numbers, HttpClient http)
{
    /// <summary>Meta: "Callback verification failed".</summary>
    private static readonly GraphFault NotVerified = new(400, 2200, "Callback verification failed");

    /// <summary>Those of the object whatsapp_business_account that exist here.</summary>
    private static readonly string[] Known = ["calls", "messages", "account_settings_update", "account_update"];

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Version = "/{version:regex(^v\\d{{1,2}}\\.0$)}", Root = Version + "/{id}";
        routes.MapGet(Root + "/subscriptions", context => ServeAsync(context, ShowWebhookAsync));
        routes.MapPost(Root + "/subscriptions", context => ServeAsync(context, SetWebhookAsync));
        routes.MapGet(Root + "/subscribed_apps", context => ServeAsync(context, ShowAppsAsync));
        routes.MapPost(Root + "/subscribed_apps", context => ServeAsync(context, SubscribeAsync));
        routes.MapGet(Version + "/debug_token", InspectAsync);
        routes.MapGet(Root, ShowNumberAsync);
    }

    private static async Task ServeAsync(HttpContext context, Func<string, string, JsonObject, Task<GraphAnswer>> serve)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        var token = authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? authorization["Bearer ".Length..] : "";
        GraphAnswer answer;
        try
        {
            var body = HttpMethods.IsPost(context.Request.Method) && context.Request.HasJsonContentType()
                ? await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) as JsonObject : null;
            answer = await serve((string)context.Request.RouteValues["id"]!, token, body ?? []);
        }
        catch (JsonException)
        {
            answer = GraphFault.Invalid("The body is not JSON");
        }
        context.Response.StatusCode = answer.Fault?.Status ?? StatusCodes.Status200OK;
        await context.Response.WriteAsJsonAsync(answer.Fault?.ToJson() ?? answer.Body!, context.RequestAborted);
    }

    private Task<GraphAnswer> ShowWebhookAsync(string app, string token, JsonObject body)
    {
        if (OfApp(app, token) is not { } number)
            return Task.FromResult<GraphAnswer>(GraphFault.BadToken);
        var data = number.Fields is not { } fields ? new JsonArray() : new JsonArray(new JsonObject
        {
            ["object"] = "whatsapp_business_account", ["callback_url"] = number.WebhookUrl, ["active"] = true,
            ["fields"] = new JsonArray([.. fields.Select(field => (JsonNode)new JsonObject { ["name"] = field, ["version"] = "v25.0" })]),
        });
        return Task.FromResult(new GraphAnswer(null, new JsonObject { ["data"] = data }));
    }

    private async Task<GraphAnswer> SetWebhookAsync(string app, string token, JsonObject body)
    {
        if (OfApp(app, token) is not { } number)
            return GraphFault.BadToken;
        var fields = ((string?)body["fields"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if ((string?)body["object"] != "whatsapp_business_account" || fields.Length == 0 || fields.Any(field => !Known.Contains(field)))
            return GraphFault.Invalid("object and fields must be known");
        if (!Uri.TryCreate((string?)body["callback_url"], UriKind.Absolute, out var url)
            || !await AnswersAsync(url, (string?)body["verify_token"] ?? ""))
            return NotVerified;
        (number.WebhookUrl, number.Fields) = (url.AbsoluteUri, fields);
        return new GraphAnswer(null, new JsonObject { ["success"] = true });
    }

    private Task<GraphAnswer> ShowAppsAsync(string account, string token, JsonObject body) => Task.FromResult(ShowApps(account, token));

    private GraphAnswer ShowApps(string account, string token)
    {
        if (OfAccount(account, token) is not { } number)
            return GraphFault.NoObject(account);
        var data = number.IsAppSubscribed
            ? new JsonArray(new JsonObject { ["whatsapp_business_api_data"] = new JsonObject { ["id"] = number.AppId, ["name"] = "app" } })
            : [];
        return new GraphAnswer(null, new JsonObject { ["data"] = data });
    }

    private Task<GraphAnswer> SubscribeAsync(string account, string token, JsonObject body) => Task.FromResult(Subscribe(account, token));

    private GraphAnswer Subscribe(string account, string token)
    {
        if (OfAccount(account, token) is not { } number)
            return GraphFault.NoObject(account);
        number.IsAppSubscribed = true;
        return new GraphAnswer(null, new JsonObject { ["success"] = true });
    }

    private Task ShowNumberAsync(HttpContext context) => ServeAsync(
        context, (id, token, _) => Task.FromResult(ShowNumber(id, token, context.Request.Query["fields"].ToString())));

    private Task InspectAsync(HttpContext context) => ServeAsync(
        context, (_, token, _) => Task.FromResult(Inspect(token, context.Request.Query["input_token"].ToString())));

    private GraphAnswer ShowNumber(string id, string token, string fields)
    {
        if (!numbers.All.Any(known => known.AccessToken == token))
            return GraphFault.BadToken;
        if (numbers.Find(id) is not { } number || number.AccessToken != token)
            return GraphFault.NoObject(id);
        var all = new JsonObject
        {
            ["id"] = id, ["display_phone_number"] = "+" + number.DisplayNumber, ["verified_name"] = "Emulated",
            ["platform_type"] = "CLOUD_API", ["quality_rating"] = number.Quality,
            ["whatsapp_business_manager_messaging_limit"] = number.MessagingLimit, ["health_status"] = NumberHealth.Of(number),
        };
        string[] asked = [.. fields.Split(',', StringSplitOptions.RemoveEmptyEntries), "id"];
        foreach (var name in all.Select(field => field.Key).Except(asked).ToArray())
            all.Remove(name);
        return new GraphAnswer(null, all);
    }

    private GraphAnswer Inspect(string token, string inspected)
    {
        if (!numbers.All.Any(number => token == $"{number.AppId}|{number.AppSecret}"))
            return GraphFault.BadToken;
        if (numbers.All.FirstOrDefault(number => number.AccessToken == inspected) is not { } of)
            return new GraphAnswer(null, new JsonObject
            {
                ["data"] = new JsonObject
                {
                    ["is_valid"] = false, ["scopes"] = new JsonArray(),
                    ["error"] = new JsonObject { ["code"] = 190, ["message"] = "The access token could not be decrypted" },
                },
            });
        return new GraphAnswer(null, new JsonObject
        {
            ["data"] = new JsonObject
            {
                ["app_id"] = of.AppId, ["type"] = "SYSTEM_USER", ["is_valid"] = true,
                ["expires_at"] = of.TokenExpiresAt?.ToUnixTimeSeconds() ?? 0,
                ["scopes"] = new JsonArray([.. of.Scopes.Select(scope => (JsonNode)scope)]),
            },
        });
    }

    private async Task<bool> AnswersAsync(Uri url, string verifyToken)
    {
        try
        {
            var challenge = Random.Shared.Next().ToString();
            return await http.GetStringAsync(new Uri(
                url, $"?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={Uri.EscapeDataString(verifyToken)}")) == challenge;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private BusinessNumber? OfApp(string app, string token) =>
        numbers.All.FirstOrDefault(number => number.AppId == app && token == $"{app}|{number.AppSecret}");

    private BusinessNumber? OfAccount(string account, string token) =>
        numbers.All.FirstOrDefault(number => number.AccountId == account && number.AccessToken == token);
}
