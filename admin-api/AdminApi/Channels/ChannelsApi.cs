using System.ComponentModel;
using System.Globalization;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Microsoft.AspNetCore.Http.HttpResults;
using ChannelResult = Microsoft.AspNetCore.Http.HttpResults.Results<Microsoft.AspNetCore.Http.HttpResults.Ok<AdminApi.Channels.ChannelView>,
AdminApi.Platform.ProblemResult>;

namespace AdminApi.Channels;

/// <summary>The business numbers: their settings, accounts, routes, and synchronisation with Meta.</summary>
public static class ChannelsApi
{
    private static readonly ProblemKind MetaNotRead = new(409, "meta_not_read", "Meta's settings have not been read yet");
    private static readonly ProblemKind NotAdoptable = new(409, "not_adoptable", "Meta's settings cannot be adopted");

    private const string IdIs = "Meta's phone_number_id.";

    /// <summary>A node without a sign of life for this time may be gone, and its trunks with it.</summary>
    internal static readonly TimeSpan NodeSeen = TimeSpan.FromMinutes(5);

    public static void MapChannels(this IEndpointRouteBuilder api)
    {
        var channels = api.MapGroup("/channels").WithTags("channels");
        channels.MapGet("/", ListAsync).WithName("listChannels").Requires(Scope.Read).Paged()
            .WithSummary("The business numbers with their state, in the order of their ids");
        channels.MapGet("/{id}", GetAsync).WithName("getChannel").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A business number: its settings, those at Meta, and the resulting state now");
        Changes(channels.MapPatch("/{id}", ChangeAsync).WithName("changeChannel"))
            .WithSummary("Changes settings; those that Meta has too are pushed there");
        Changes(channels.MapPut("/{id}/account", SetAccountAsync).WithName("setChannelAccount"))
            .WithSummary("Sets the account that pays for its calls");
        Changes(channels.MapPut("/{id}/call-hours", SetCallHoursAsync).WithName("setChannelCallHours"))
            .WithSummary("Sets the hours in which users may call: all of them, holidays included");
        Changes(channels.MapDelete("/{id}/call-hours", RemoveCallHoursAsync).WithName("removeChannelCallHours"))
            .WithSummary("Lets users call at any time");
        Changes(channels.MapPut("/{id}/permission-request", SetPermissionRequestAsync).WithName("setChannelPermissionRequest"))
            .WithSummary("Sets the request by which users are asked for permission to be called");
        Changes(channels.MapPut("/{id}/routes", SetRoutesAsync).WithName("setChannelRoutes"))
            .WithSummary("Sets the routes of its calls: the whole list");
        Changes(channels.MapPost("/{id}/reconcile", ReconcileAsync).WithName("reconcileChannel")).Problems(MetaNotRead, NotAdoptable)
            .WithSummary("Resolves a difference with Meta: ours replace Meta's, or Meta's replace ours");
    }

    private static RouteHandlerBuilder Changes(RouteHandlerBuilder operation) =>
        operation.Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound);

    private static async Task<Results<Ok<Page<ChannelView>>, ProblemResult>> ListAsync(
        ChannelStore store, TimeProvider time, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var (rows, now) = (await store.ListAsync(page.Rows, after, cancellation), time.GetUtcNow());
        return TypedResults.Ok(
            Page.Of(rows, page, channel => ChannelView.Of(channel, now), channel => Cursor.Of(channel.Facts.Settings.Id.Value)));
    }

    private static async Task<ChannelResult> GetAsync(
        [Description(IdIs)] string id, ChannelStore store, TimeProvider time, CancellationToken cancellation) =>
        await store.FindAsync(new ChannelId(id), cancellation) is { } channel
            ? TypedResults.Ok(ChannelView.Of(channel, time.GetUtcNow()))
            : NoSuchChannel();

    private static Task<ChannelResult> ChangeAsync(
        [Description(IdIs)] string id, ChannelPatch request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check);
        return check.Failed(out var problem)
            ? Task.FromResult<ChannelResult>(problem)
            : SaveAsync(id, match, store, time, caller, "channel.update", channel =>
                request.ApplyTo(channel.Facts.Settings, channel.Facts.Meta), cancellation);
    }

    private static Task<ChannelResult> SetAccountAsync(
        [Description(IdIs)] string id, ChannelAccountRequest request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation) =>
        SaveAsync(id, match, store, time, caller, "channel.set_account", channel =>
            channel.Facts.Settings with { Account = request.Account }, cancellation);

    private static async Task<ChannelResult> SetCallHoursAsync(
        [Description(IdIs)] string id, CallHoursDocument request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        if (!CallHours.TryCreate(request, out var hours, out var errors))
            return Invalid(errors);
        var today = hours.DateAt(time.GetUtcNow());
        var change = await store.ChangeAsync(new ChannelId(id), match.Version, caller.Actor, "channel.set_call_hours", channel =>
        {
            // Holidays pass while they are stored: those refuse no other change.
            var kept = (channel.Facts.Settings.CallHours?.Document.Holidays ?? []).Select(holiday => holiday.Date!);
            var past = hours.Document.Holidays!.Select(holiday => holiday.Date!).Except(kept)
                .Where(date => DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture) < today)
                .Select(date => $"holidays: {date} has passed.").ToArray();
            return past.Length > 0
                ? new SettingsDecision(null, past)
                : new SettingsDecision(ChannelPatch.Managed(channel.Facts.Settings, channel.Facts.Meta) with { CallHours = hours }, []);
        }, cancellation);
        return Answer(change, match, time);
    }

    private static Task<ChannelResult> RemoveCallHoursAsync(
        [Description(IdIs)] string id, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation) =>
        SaveAsync(id, match, store, time, caller, "channel.remove_call_hours", channel =>
            ChannelPatch.Managed(channel.Facts.Settings, channel.Facts.Meta) with { CallHours = null }, cancellation);

    private static Task<ChannelResult> SetPermissionRequestAsync(
        [Description(IdIs)] string id, PermissionPromptRequest request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check);
        return check.Failed(out var problem)
            ? Task.FromResult<ChannelResult>(problem)
            : SaveAsync(
                id, match, store, time, caller, "channel.set_permission_request",
                channel => channel.Facts.Settings with { PermissionText = request.Text, Template = request.Template }, cancellation);
    }

    private static async Task<ChannelResult> SetRoutesAsync(
        [Description(IdIs)] string id, RoutesRequest request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check, await store.TrunksAsync(time.GetUtcNow() - NodeSeen, cancellation));
        return check.Failed(out var problem)
            ? problem
            : Answer(
                await store.ReplaceRoutesAsync(new ChannelId(id), match.Version, caller.Actor, request.Items, cancellation), match, time);
    }

    private static async Task<ChannelResult> ReconcileAsync(
        [Description(IdIs)] string id, ReconcileRequest request, IfMatch match, ChannelStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        if (request.Direction == ReconcileDirection.Push)
            return Answer(await store.PushAgainAsync(new ChannelId(id), match.Version, caller.Actor, cancellation), match, time);
        ProblemResult? refusal = null;
        var change = await store.ChangeAsync(new ChannelId(id), match.Version, caller.Actor, "channel.adopt", channel =>
        {
            if (channel.Facts.Meta is not { } metas)
                refusal = MetaNotRead.Of("A gateway reads them within seconds of its start, and then every few minutes.");
            else if (SettingsComparison.TryAdopt(channel.Facts.Settings, metas, out var adopted, out var errors))
                return new SettingsDecision(adopted with { IsManaged = true }, []);
            else
                refusal = NotAdoptable.Of(string.Join(" ", errors));
            return new SettingsDecision(null, ["refused"]);
        }, cancellation);
        return refusal is not null ? refusal : Answer(change, match, time);
    }

    private static async Task<ChannelResult> SaveAsync(
        string id, IfMatch match, ChannelStore store, TimeProvider time, Caller caller, string action, Func<StoredChannel,
        ChannelSettings> change,
        CancellationToken cancellation) => Answer(
            await store.ChangeAsync(new ChannelId(id), match.Version, caller.Actor, action, channel =>
                new SettingsDecision(change(channel), []), cancellation), match, time);

    private static ChannelResult Answer(ChannelChange change, IfMatch match, TimeProvider time) => change switch
    {
        ChannelChange.Done done => TypedResults.Ok(ChannelView.Of(done.Channel, time.GetUtcNow())),
        ChannelChange.Refused refused => Invalid(refused.Errors),
        ChannelChange.Stale => match.Stale(),
        _ => NoSuchChannel(),
    };

    private static ProblemResult NoSuchChannel() =>
        Problems.NotFound.Of("No gateway has a business number of this id in its configuration.");

    /// <summary>Errors of the form "member: sentence".</summary>
    private static ProblemResult Invalid(IReadOnlyList<string> errors) =>
        Problems.InvalidRequest.Of(string.Join(
            " ", errors), [.. errors.Select(FieldError.Of)]);
}
