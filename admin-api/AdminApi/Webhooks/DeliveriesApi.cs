using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Webhooks;

/// <summary>Deliveries to an endpoint, past and waiting.</summary>
public static class DeliveriesApi
{
    public static void MapDeliveries(this IEndpointRouteBuilder api)
    {
        var deliveries = api.MapGroup("/webhooks/{id}/deliveries").WithTags("webhooks");
        deliveries.MapGet("/", ListAsync).WithName("listDeliveries").Requires(Scope.Admin).Paged().Problems(Problems.NotFound)
            .WithSummary("Deliveries to an endpoint, past and waiting, the newest events first");
        deliveries.MapPost("/{eventId:long}/redeliver", RedeliverAsync).WithName("redeliver").Requires(Scope.Admin).Idempotent()
            .Problems(Problems.NotFound)
            .WithSummary("Sends an event to an endpoint again");
        deliveries.MapPost("/redeliver", RedeliverAllAsync).WithName("redeliverAll").Requires(Scope.Admin).Idempotent()
            .Problems(Problems.NotFound)
            .WithSummary("Sends the events of a period to an endpoint again, those that were given up or all");
    }

    /// <param name="Since">Events that happened at this time or later.</param>
    /// <param name="Until">And before this time; null: until now.</param>
    /// <param name="FailedOnly">True: only those that were given up; false: all, also those that were delivered.</param>
    public sealed record RedeliveryRequest(DateTimeOffset Since, DateTimeOffset? Until = null, bool FailedOnly = true);

    /// <param name="Deliveries">The number of events that wait to be sent again.</param>
    public sealed record Redelivery(int Deliveries);

    /// <param name="NextAt">The time of the next attempt, while it is waiting.</param>
    /// <param name="LastStatus">The HTTP status of the last answer; null where there was none.</param>
    /// <param name="EndedAt">The time at which it was delivered or given up.</param>
    public sealed record DeliveryView(
        long EventId, string Kind, DeliveryState State, int Attempts, DateTimeOffset? NextAt, int? LastStatus, string? LastError,
        DateTimeOffset? EndedAt)
    {
        public static DeliveryView Of(DeliveryRow row) => new(
            row.Event, row.Kind, WireName.Parse<DeliveryState>(row.State), row.Attempts, row.EndedAt is null ? row.NextAt : null,
            row.LastStatus, row.LastError,
            row.EndedAt);
    }

    private static async Task<Results<Ok<Page<DeliveryView>>, ProblemResult>> ListAsync(
        [Description("The endpoint's id.")] string id, WebhookStore book, WebhookOutbox outbox,
        [Description("The state of the deliveries.")] WireValue<DeliveryState>? state, [AsParameters] PageRequest page,
        CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        if (await book.FindAsync(id, cancellation) is null)
            return WebhooksApi.Unknown();
        var rows = await outbox.ListAsync(id, state?.Value, before, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, DeliveryView.Of, row => Cursor.Of(row.Event)));
    }

    private static async Task<Results<Accepted<Redelivery>, ProblemResult>> RedeliverAllAsync(
        [Description("The endpoint's id.")] string id, RedeliveryRequest request, WebhookStore book, WebhookOutbox outbox, AuditStore audit,
        Caller caller, CancellationToken cancellation)
    {
        if (await book.FindAsync(id, cancellation) is null)
            return WebhooksApi.Unknown();
        var period = (request.Since, request.Until ?? DateTimeOffset.MaxValue);
        await audit.WriteAsync(caller.Actor, "webhook.redeliver", $"webhook:{id}", null, request, cancellation);
        var count = await outbox.SendAllAgainAsync(id, period, request.FailedOnly, cancellation);
        return TypedResults.Accepted((string?)null, new Redelivery(count));
    }

    private static async Task<Results<Accepted, ProblemResult>> RedeliverAsync(
        [Description("The endpoint's id.")] string id, [Description("The event's id.")] long eventId, WebhookOutbox outbox,
        AuditStore audit, Caller caller,
        CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "webhook.redeliver", $"webhook:{id}", null, new { eventId }, cancellation);
        return await outbox.SendAgainAsync(id, eventId, cancellation)
            ? TypedResults.Accepted((string?)null)
            : Problems.NotFound.Of("This event is not among the endpoint's deliveries.");
    }
}
