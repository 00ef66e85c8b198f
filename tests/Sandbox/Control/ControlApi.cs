using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox.Control;

/// <summary>
/// /sandbox: actions of a test or a person on behalf of WhatsApp's users and operators. JSON in and out; 404 and 409 with a reason.
/// </summary>
public sealed class ControlApi(
    UserStore users, NumberStore numbers, CallHandler handler, InboundCalls inbound, OutboundCalls outbound, PermissionStore permissions,
    PermissionReplies replies, WebhookBodies bodies, WebhookSender webhooks, KnobBox knobs, FaultPlan faults, MessageLog messages,
    SettingsApi settings, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var root = routes.MapGroup("/sandbox");
        root.MapGet("/health", () => Results.Ok(new { status = "ok", live = handler.All.Count(call => call.IsLive) }));
        root.MapGet("/knobs", () => knobs.Current);
        root.MapPut("/knobs", (Knobs request) => knobs.Current = request);
        root.MapDelete("/knobs", () => knobs.Current = new Knobs());
        root.MapPost("/faults", (PlannedFault fault) => faults.Add(fault));
        root.MapDelete("/faults", faults.Clear);
        root.MapGet("/messages", () => messages.All());
        MapNumbers(root);
        MapSettings(root);
        MapUsers(root);
        MapCalls(root);
    }

    private void MapNumbers(RouteGroupBuilder root)
    {
        root.MapGet("/numbers", () => Results.Ok(
            numbers.All.Select(number => new { number.PhoneNumberId, number.DisplayNumber, number.WebhookUrl })));
        root.MapPatch("/numbers/{id}", (string id, NumberPatch request) =>
        {
            if (numbers.Find(id) is not { } number)
                return Results.NotFound(new { reason = "no such number" });
            number.WebhookUrl = request.WebhookUrl ?? number.WebhookUrl;
            number.OutboundRestricted = request.OutboundRestricted ?? number.OutboundRestricted;
            number.OutboundUnavailable = request.OutboundUnavailable ?? number.OutboundUnavailable;
            number.PaymentMissing = request.PaymentMissing ?? number.PaymentMissing;
            number.EnablingFault = request.EnablingFault is 0 ? null : request.EnablingFault ?? number.EnablingFault;
            if (request.OutboundRestricted is { } restricted)
                AnnounceToAccount(number, restricted
                    ? bodies.Restriction(number, new("RESTRICTED_BUSINESS_INITIATED_CALLING", WeekAhead))
                    : bodies.Violation(number, "LOW_BUSINESS_INITIATED_CALLING_QUALITY"));
            return Results.Ok(new { number.PhoneNumberId, number.WebhookUrl, number.OutboundRestricted, number.OutboundUnavailable,
                number.PaymentMissing });
        });
    }

    private void MapSettings(RouteGroupBuilder root)
    {
        // Somebody changes a number in Meta's own tools: same rules, same webhook as for the business.
        root.MapPost("/numbers/{id}/settings", (string id, JsonObject body) => WithNumber(id, number =>
            settings.Change(number, body) is { Fault: { } fault }
                ? Results.Conflict(new { reason = fault.Details })
                : Results.Ok(number.Settings())));
        root.MapGet("/numbers/{id}/settings", (string id) =>
            WithNumber(id, number => Results.Ok(number.SettingsWithRestrictions(time.GetUtcNow()))));
        root.MapPost("/numbers/{id}/restrictions", (string id, RestrictionRequest request) => WithNumber(id, number =>
        {
            var restriction = new Restriction(
                request.Type, request.Minutes is { } minutes ? time.GetUtcNow().AddMinutes(minutes) : WeekAhead);
            if (request.Listed)
                number.Restrictions = [.. number.Restrictions.Where(one => one.Type != request.Type), restriction];
            if (request.Announced)
                AnnounceToAccount(number, bodies.Restriction(number, restriction));
            return Results.Accepted();
        }));
        root.MapDelete("/numbers/{id}/restrictions", (string id) => WithNumber(id, number =>
        {
            number.Restrictions = [];
            return Results.Ok();
        }));
        root.MapPost("/numbers/{id}/violations", (string id, ViolationRequest request) => WithNumber(id, number =>
        {
            AnnounceToAccount(number, bodies.Violation(number, request.Type));
            return Results.Accepted();
        }));
    }

    private DateTimeOffset WeekAhead => time.GetUtcNow().AddDays(7);

    private void AnnounceToAccount(BusinessNumber number, JsonObject change) =>
        webhooks.Send(number, number.PhoneNumberId, change, null, "account_update");

    private IResult WithNumber(string id, Func<BusinessNumber, IResult> use) =>
        numbers.Find(id) is { } number ? use(number) : Results.NotFound(new { reason = "no such number" });

    private void MapUsers(RouteGroupBuilder root)
    {
        root.MapGet("/users", () => users.All);
        root.MapPut("/users/{phone}", (string phone, UserRequest request) =>
        {
            if (!UserStore.IsPhone(phone))
                return Results.BadRequest(new { reason = "a phone number is 6 to 15 digits" });
            if (request.Handset is not null && !HandsetFactory.Kinds.Contains(request.Handset))
                return Results.BadRequest(new { reason = "handset is native, browser or paper" });
            var user = users.GetOrAdd(phone);
            user.Name = request.Name ?? user.Name;
            user.UserName = request.UserName ?? user.UserName;
            user.HidesPhone = request.HidesPhone ?? user.HidesPhone;
            user.Auto = request.Auto ?? user.Auto;
            user.Permission = request.Permission ?? user.Permission;
            user.Handset = request.Handset ?? user.Handset;
            return Results.Ok(user);
        });
        // Without webhook: the state of things before a test begins.
        root.MapPut(
            "/users/{phone}/permission", (string phone, PermissionDecision request) => WithUser(phone, request.Number, (number, user) =>
        {
            if (request.Accepted)
                permissions.Grant(number, user, request.Permanent);
            else
                permissions.Revoke(number, user);
            return Results.Ok(new { granted = request.Accepted });
        }));
        // With webhook: the user answers a request.
        root.MapPost("/users/{phone}/permission-reply", (string phone, PermissionDecision request) =>
            WithUser(phone, request.Number, (number, user) =>
        {
            replies.Reply(number, user, request.Accepted, request.Permanent);
            return Results.Accepted();
        }));
        root.MapPost("/users/{phone}/message", (string phone, MessageRequest request) => WithUser(phone, request.Number, (number, user) =>
        {
            permissions.OpenWindow(number, user);
            webhooks.Send(number, user.Phone, bodies.Text(number, user, request.Text), null, "message");
            return Results.Accepted();
        }));
    }

    private void MapCalls(RouteGroupBuilder root)
    {
        root.MapGet("/calls", (string? user, bool? live) => handler.All
            .Where(call => (user is null || call.User.Phone == user) && (live is null || call.IsLive == live))
            .OrderBy(call => call.CreatedAt)
            .Select(call => CallView.Of(call, null)));
        root.MapGet("/calls/{id}", (string id, CancellationToken cancel) => WithCall(id, call => ViewAsync(call, cancel)));
        root.MapPost("/calls", PlaceAsync);
        root.MapPost("/calls/{id}/answer", (string id) => WithCall(id, async call => Done(await outbound.AnswerAsync(call))));
        root.MapPost("/calls/{id}/decline", (string id) => WithCall(id, async call => Done(await outbound.DeclineAsync(call))));
        root.MapPost("/calls/{id}/hangup", (string id) => WithCall(id, async call =>
            Done(await handler.WithAsync(call, () => handler.EndAsync(call, "COMPLETED", "user")))));
        root.MapPost("/calls/{id}/digits", (string id, DigitsRequest request, CancellationToken cancel) => WithLiveCall(id, async call =>
        {
            if (request.Digits is not { Length: > 0 and <= 64 } digits
                || digits.Any(c => !(char.IsAsciiDigit(c) || c is '*' or '#' or (>= 'A' and <= 'D'))))
                return Results.BadRequest(new { reason = "digits are 0-9 * # A-D, at most 64" });
            call.Note("control", "digits", digits);
            await call.Handset.SendDigitsAsync(digits, cancel);
            return Results.Ok();
        }));
        root.MapPost("/calls/{id}/tone", (string id, ToneRequest request, CancellationToken cancel) => WithLiveCall(id, async call =>
        {
            await call.Handset.SendToneAsync(request.Hertz, cancel);
            return Results.Ok();
        }));
    }

    private async Task<IResult> PlaceAsync(CallUserRequest request, CancellationToken cancel)
    {
        if (!UserStore.IsPhone(request.User))
            return Results.BadRequest(new { reason = "user is a phone number of 6 to 15 digits" });
        var number = request.Number is null ? numbers.Default : numbers.Find(request.Number);
        if (number is null)
            return Results.NotFound(new { reason = "no such number" });
        try
        {
            var (call, refusal) = await inbound.PlaceAsync(
                number, users.GetOrAdd(request.User!),
                new PlaceCall(request.Handset, request.CtaPayload, request.DeeplinkPayload, request.ToneHertz), cancel);
            return call is null
                ? Results.Conflict(new { reason = refusal })
                : Results.Created("/sandbox/calls/" + Uri.EscapeDataString(call.Id), CallView.Of(call, null));
        }
        catch (HandsetException fault)
        {
            return Results.Conflict(new { reason = fault.Message });
        }
    }

    private static async Task<IResult> ViewAsync(SandboxCall call, CancellationToken cancel) =>
        Results.Ok(CallView.Of(call, call.LastReport ?? await call.Handset.ReportAsync(cancel)));

    private IResult WithUser(string phone, string? numberId, Func<BusinessNumber, SandboxUser, IResult> use) =>
        users.Find(phone) is not { } user ? Results.NotFound(new { reason = "no such user" })
        : (numberId is null ? numbers.Default : numbers.Find(numberId)) is not { } number
        ? Results.NotFound(new { reason = "no such number" })
        : use(number, user);

    private Task<IResult> WithLiveCall(string id, Func<SandboxCall, Task<IResult>> use) =>
        WithCall(id, call => call.IsLive ? use(call) : Task.FromResult(Done(false)));

    private async Task<IResult> WithCall(string id, Func<SandboxCall, Task<IResult>> use)
    {
        if (handler.Find(Uri.UnescapeDataString(id)) is not { } call)
            return Results.NotFound(new { reason = "no such call" });
        try
        {
            return await use(call);
        }
        catch (HandsetException fault)
        {
            return Results.Conflict(new { reason = fault.Message });
        }
    }

    private static IResult Done(bool done) => done ? Results.Ok() : Results.Conflict(new { reason = "the call is in another state" });
}
