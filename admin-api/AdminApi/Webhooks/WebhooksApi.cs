using System.ComponentModel;
using System.Security.Cryptography;
using System.Text.Json;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Webhooks;

/// <summary>Endpoints of others to which events are sent. Their secrets are shown once, when they are created.</summary>
public static class WebhooksApi
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(30);

    public static void MapWebhooks(this IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/webhooks").WithTags("webhooks");
        webhooks.MapGet("/", ListAsync).WithName("listWebhooks").Requires(Scope.Admin).Paged().WithSummary("All endpoints");
        webhooks.MapGet("/{id}", GetAsync).WithName("getWebhook").Requires(Scope.Admin).Problems(Problems.NotFound)
            .WithSummary("An endpoint");
        webhooks.MapPost("/", CreateAsync).WithName("createWebhook").Requires(Scope.Admin)
            .WithSummary("Creates an endpoint for events from now on; the answer has the signing secret, which is never shown again");
        webhooks.MapPut("/{id}", SaveAsync).WithName("updateWebhook").Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Changes an endpoint; events during the time in which it is disabled are not sent");
        webhooks.MapDelete("/{id}", DeleteAsync).WithName("deleteWebhook").Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Deletes an endpoint with its waiting deliveries");
        webhooks.MapPost("/{id}/rotate-secret", RotateAsync).WithName("rotateWebhookSecret").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound)
            .WithSummary("Sets a new secret; the previous one also signs for a while");
        webhooks.MapPost("/{id}/test", TestAsync).WithName("testWebhook").Requires(Scope.Admin).Idempotent().Problems(Problems.NotFound)
            .WithSummary("Sends a webhook.tested now, once, and returns the receiver's answer");
    }

    /// <param name="Url">https; http only where the configuration allows the network.</param>
    /// <param name="Kinds">Kinds of events; none: all.</param>
    /// <param name="IsEnabled">True where events are sent.</param>
    public sealed record WebhookRequest(string Url, IReadOnlyList<string>? Kinds = null, bool IsEnabled = true);

    /// <param name="GraceSeconds">The time for which the old secret also signs: 0 to 30 days; by default a day.</param>
    public sealed record RotateSecretRequest(int GraceSeconds = 86_400);

    /// <param name="Kinds">None: all.</param>
    /// <param name="PreviousSecretUntil">The time until which the secret before the last rotation also signs.</param>
    public sealed record WebhookView(
        string Id, string Url, IReadOnlyList<string> Kinds, bool IsEnabled, DateTimeOffset? PreviousSecretUntil, DateTimeOffset CreatedAt,
        long Version) : IVersioned
    {
        public static WebhookView Of(WebhookRow row) =>
            new(row.Id, row.Url, row.Kinds, row.IsEnabled, row.PreviousUntil, row.CreatedAt, row.Version);
    }

    /// <param name="Secret">Checks the header webhook-signature (Standard Webhooks).</param>
    public sealed record WebhookWithSecret(WebhookView Webhook, string Secret);

    /// <param name="Delivered">True where the answer was 2xx.</param>
    /// <param name="Status">The HTTP status of the answer; null where there was none.</param>
    public sealed record TestResult(bool Delivered, int? Status, string? Error);

    private static async Task<Results<Ok<Page<WebhookView>>,
    ProblemResult>> ListAsync(WebhookStore book, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var rows = await book.ListAsync(after, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, WebhookView.Of, row => Cursor.Of(row.Id)));
    }

    private static async Task<Results<Ok<WebhookView>, ProblemResult>> GetAsync(
        [Description("The endpoint's id.")] string id, WebhookStore book, CancellationToken cancellation) =>
        await book.FindAsync(id, cancellation) is { } row ? TypedResults.Ok(WebhookView.Of(row)) : Unknown();

    private static async Task<Results<Created<WebhookWithSecret>, ProblemResult>> CreateAsync(
        WebhookRequest request, WebhookStore book, WebhookNetwork network, Caller caller, CancellationToken cancellation)
    {
        if (Fault(request, network) is { } problem)
            return problem;
        var (id, secret) =
            ("wh" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 12), StandardWebhookSignature.NewSecret());
        var row = await book.CreateAsync(id, request.Url, secret, request.Kinds ?? [], request.IsEnabled, caller.Actor, cancellation);
        return TypedResults.Created($"/v1/webhooks/{id}", new WebhookWithSecret(WebhookView.Of(row), secret));
    }

    private static async Task<Results<Ok<WebhookView>, ProblemResult>> SaveAsync(
        [Description("The endpoint's id.")] string id, WebhookRequest request, IfMatch match, WebhookStore book, WebhookNetwork network,
        Caller caller,
        CancellationToken cancellation)
    {
        if (Fault(request, network) is { } problem)
            return problem;
        var change = await book.SaveAsync(
            id, match.Version, request.Url, request.Kinds ?? [], request.IsEnabled, caller.Actor, cancellation);
        return change.After is { } after ? TypedResults.Ok(WebhookView.Of(after)) : Unchanged(change, match);
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description("The endpoint's id.")] string id, IfMatch match, WebhookStore book, Caller caller, CancellationToken cancellation)
    {
        var change = await book.DeleteAsync(id, match.Version, caller.Actor, cancellation);
        return change.After is not null ? TypedResults.NoContent() : Unchanged(change, match);
    }

    private static async Task<Results<Ok<WebhookWithSecret>, ProblemResult>> RotateAsync(
        [Description("The endpoint's id.")] string id, RotateSecretRequest request, IfMatch match, WebhookStore book, Caller caller,
        CancellationToken cancellation)
    {
        var grace = TimeSpan.FromSeconds(request.GraceSeconds);
        var check = new Check();
        check.That(grace >= TimeSpan.Zero && grace <= LongestGrace, "graceSeconds", $"Must be between 0 and {LongestGrace.TotalSeconds}.");
        if (check.Failed(out var problem))
            return problem;
        var secret = StandardWebhookSignature.NewSecret();
        var change = await book.RotateAsync(id, match.Version, secret, grace, caller.Actor, cancellation);
        return change.After is { } after ? TypedResults.Ok(new WebhookWithSecret(WebhookView.Of(after), secret)) : Unchanged(change, match);
    }

    private static async Task<Results<Ok<TestResult>, ProblemResult>> TestAsync(
        [Description("The endpoint's id.")] string id, WebhookStore book, WebhookSender sender, TimeProvider clock,
        CancellationToken cancellation)
    {
        if (await book.FindTargetAsync(id, cancellation) is not { } target)
            return Unknown();
        var data = JsonSerializer.SerializeToElement(new WebhookTestedData(id), JsonText.Options);
        var ping = new EventView(0, EventKinds.NameOf(EventKind.WebhookTested), clock.GetUtcNow(), null, null, null, null, data);
        var answer = await sender.SendAsync(target, $"test_{Guid.NewGuid():n}_{id}", ping, cancellation);
        return TypedResults.Ok(new TestResult(answer.Error is null, answer.Status, answer.Error));
    }

    private static ProblemResult? Fault(WebhookRequest request, WebhookNetwork network)
    {
        var check = new Check();
        var fault = network.Fault(request.Url);
        check.That(fault is null, "url", fault ?? "");
        foreach (var unknown in (request.Kinds ?? []).Except(EventKinds.Names))
            check.That(false, "kinds", $"There is no kind {unknown}. Kinds: {string.Join(", ", EventKinds.Names)}.");
        return check.Failed(out var problem) ? problem : null;
    }

    private static ProblemResult Unchanged(Change<WebhookRow> change, IfMatch match) => change.IsStale ? match.Stale() : Unknown();

    internal static ProblemResult Unknown() => Problems.NotFound.Of("There is no such endpoint.");
}
