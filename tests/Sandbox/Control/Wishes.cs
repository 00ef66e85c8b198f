using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Users;

namespace Sandbox.Control;

/// <summary>What may be set of a number; EnablingFault is 138015 or 138018, or 0 for none.</summary>
public sealed record NumberWish(string? WebhookUrl, bool? OutboundRestricted, bool? OutboundUnavailable, bool? PaymentMissing, int? EnablingFault);

/// <summary>Meta restricts a number: told by webhook, listed in its settings, or both.</summary>
/// <param name="Type">Meta's word.</param>
/// <param name="Minutes">How long; 7 days unless told.</param>
/// <param name="Told">By account_update.</param>
/// <param name="Listed">In GET settings, and obeyed by the emulation.</param>
public sealed record RestrictionWish(string Type, double? Minutes, bool Told = true, bool Listed = true);

public sealed record ViolationWish(string Type);

public sealed record UserWish(
    string? Name, string? UserName, bool? HidesPhone, AutoMode? Auto, PermissionMode? Permission, string? Handset);

public sealed record PermissionWish(bool Accepted, bool Permanent, string? Number);

public sealed record MessageWish(string Text, string? Number);

public sealed record CallWish(string? User, string? Number, string? Handset, string? CtaPayload, string? DeeplinkPayload, double? ToneHertz);

public sealed record DigitsWish(string? Digits);

public sealed record ToneWish(double Hertz);

/// <summary>A call as the control API shows it: its state, what the handset heard, and everything that happened, in order.</summary>
public sealed record CallView(
    string Id, string Number, string User, bool Inbound, string Handset, CallState State, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, string? Outcome, int? ErrorCode, string? OpaqueData, HandsetReport? Report, IReadOnlyList<TimelineEntry> Timeline)
{
    public static CallView Of(SandboxCall call, HandsetReport? report) => new(
        call.Id, call.Number.PhoneNumberId, call.User.Phone, call.Inbound, call.HandsetKind, call.State, call.CreatedAt, call.StartedAt,
        call.EndedAt, call.Outcome, call.ErrorCode, call.OpaqueData, report, call.Timeline());
}
