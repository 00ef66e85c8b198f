using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Numbers;

namespace Sandbox.Graph;

/// <summary>
/// The Graph endpoints: version, token, number and body are checked as Meta does, then the planned faults apply, then the
/// endpoint's own rules.
/// </summary>
public sealed class GraphApi(
    NumberStore numbers, FaultPlan faults, CallsApi calls, SettingsApi settings, PermissionsApi permissions, MessagesApi messages,
    KnobBox knobs, TimeProvider time)
{
    private const int MaxBody = 256 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/{version:regex(^v\\d{{1,2}}\\.0$)}/{id}/calls", context => ServeAsync(context, ActionOfCall, calls.PostAsync));
        routes.MapGet("/{version:regex(^v\\d{{1,2}}\\.0$)}/{id}/settings", context => ServeAsync(context, _ => "settings", settings.Get));
        routes.MapPost("/{version:regex(^v\\d{{1,2}}\\.0$)}/{id}/settings", context => ServeAsync(context, _ => "settings", settings.Post));
        routes.MapGet("/{version:regex(^v\\d{{1,2}}\\.0$)}/{id}/call_permissions", context =>
            ServeAsync(context, _ => "call_permissions", permissions.Get));
        routes.MapPost("/{version:regex(^v\\d{{1,2}}\\.0$)}/{id}/messages", context => ServeAsync(context, _ => "messages", messages.Post));
    }

    private static string ActionOfCall(GraphRequest request) => request.Text("action") ?? "calls";

    private async Task ServeAsync(HttpContext context, Func<GraphRequest, string> actionOf, Func<GraphRequest, Task<GraphAnswer>> serve)
    {
        context.Response.Headers.Date = time.GetUtcNow().AddSeconds(knobs.Current.ClockOffsetSeconds).ToString("R");
        var (request, refusal) = await ReadAsync(context);
        if (request is null)
        {
            await WriteAsync(context, refusal!);
            return;
        }
        var action = actionOf(request);
        var planned = faults.Take(action);
        if (planned is { DelayMilliseconds: > 0, AfterEffect: false })
            await Task.Delay(planned.DelayMilliseconds, context.RequestAborted);
        GraphAnswer? effect = null;
        if (planned is null or { AfterEffect: true } or { Status: 0, Drop: false })
            effect = await serve(request);
        if (planned is { AfterEffect: true })
        {
            // The effects, webhooks included, proceed while the answer is late or lost.
            if (effect?.Afterwards is { } now)
                await now();
            await Task.Delay(planned.DelayMilliseconds, context.RequestAborted);
        }
        else if (effect?.Afterwards is { } then)
        {
            context.Response.OnCompleted(then);
        }

        if (planned is { Drop: true })
        {
            context.Abort();
            return;
        }
        await (planned is { Status: > 0 } ? WriteFaultAsync(context, planned) : WriteAsync(context, effect!));
    }

    private async Task<(GraphRequest? Request, GraphFault? Refusal)> ReadAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal))
            return (null, new GraphFault(401, 104, "An access token is required to request this resource."));
        var token = authorization["Bearer ".Length..];
        if (!numbers.All.Any(known => known.AccessToken == token))
            return (null, GraphFault.BadToken);
        if (numbers.Find(id) is not { } number || number.AccessToken != token)
            return (null, GraphFault.NoObject(id));
        if (HttpMethods.IsGet(context.Request.Method))
            return (new GraphRequest(context, number, []), null);
        if (!context.Request.HasJsonContentType() || context.Request.ContentLength > MaxBody)
            return (null, GraphFault.Invalid("The body must be JSON of a reasonable size"));
        try
        {
            return await JsonNode.ParseAsync(
                context.Request.Body, documentOptions: Strict, cancellationToken: context.RequestAborted) is JsonObject body
                ? (new GraphRequest(context, number, body), null)
                : (null, GraphFault.Invalid("The body must be a JSON object"));
        }
        catch (JsonException)
        {
            return (null, GraphFault.Invalid("The body is not JSON"));
        }
    }

    private static Task WriteAsync(HttpContext context, GraphAnswer answer)
    {
        context.Response.StatusCode = answer.Fault?.Status ?? StatusCodes.Status200OK;
        return WriteJsonAsync(context, answer.Fault?.ToJson() ?? answer.Body!);
    }

    private static Task WriteFaultAsync(HttpContext context, PlannedFault planned)
    {
        context.Response.StatusCode = planned.Status;
        if (planned.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString();
        if (planned.RegainMinutes is { } minutes)
        {
            context.Response.Headers["X-Business-Use-Case-Usage"] = new JsonObject
            {
                ["5550001"] = new JsonArray(new JsonObject
                {
                    ["type"] = "whatsapp",
                    ["call_count"] = 100,
                    ["total_cputime"] = 25,
                    ["total_time"] = 25,
                    ["estimated_time_to_regain_access"] = minutes,
                }),
            }.ToJsonString();
        }
        return planned.Garbage
            ? context.Response.WriteAsync("<html>upstream error</html>", context.RequestAborted)
            : WriteJsonAsync(context, new GraphFault(planned.Status, planned.Code, planned.Title).ToJson());
    }

    private static Task WriteJsonAsync(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json; charset=UTF-8";
        return context.Response.WriteAsync(body.ToJsonString(), Encoding.UTF8, context.RequestAborted);
    }
}
