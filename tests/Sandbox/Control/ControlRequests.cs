using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Users;

namespace Sandbox.Control;

/// <summary>The settings of a number that may be changed; EnablingFault is 138015 or 138018, or 0 for none.</summary>
public sealed record NumberPatch(
    string? WebhookUrl, bool? OutboundRestricted, bool? OutboundUnavailable, bool? PaymentMissing, int? EnablingFault);

/// <summary>Meta restricts a number: announced by webhook, listed in its settings, or both.</summary>
/// <param name="Type">Meta's name for it.</param>
/// <param name="Minutes">The duration; 7 days by default.</param>
/// <param name="Announced">By account_update.</param>
/// <param name="Listed">In GET settings, and obeyed by the emulation.</param>
public sealed record RestrictionRequest(string Type, double? Minutes, bool Announced = true, bool Listed = true);

public sealed record ViolationRequest(string Type);

public sealed record UserRequest(
    string? Name, string? UserName, bool? HidesPhone, AutoMode? Auto, PermissionMode? Permission, string? Handset);

public sealed record PermissionDecision(bool Accepted, bool Permanent, string? Number);

public sealed record MessageRequest(string Text, string? Number);

public sealed record CallUserRequest(
    string? User, string? Number, string? Handset, string? CtaPayload, string? DeeplinkPayload, double? ToneHertz);

public sealed record DigitsRequest(string? Digits);

public sealed record ToneRequest(double Hertz);

/// <summary>A call as the control API shows it: its state, the audio the handset heard, and its timeline.</summary>
public sealed record CallView(
    string Id, string Number, string User, bool Inbound, string Handset, CallState State, DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Outcome, int? ErrorCode, string? OpaqueData, HandsetReport? Report,
    IReadOnlyList<TimelineEntry> Timeline)
{
    public static CallView Of(SandboxCall call, HandsetReport? report) => new(
        call.Id, call.Number.PhoneNumberId, call.User.Phone, call.Inbound, call.HandsetKind, call.State, call.CreatedAt, call.StartedAt,
        call.EndedAt, call.Outcome, call.ErrorCode, call.OpaqueData, report, call.Timeline());
}
