using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Storage.Contacts;

/// <summary>A user's decision about being called.</summary>
/// <param name="Channel">The business number.</param>
/// <param name="User">The user.</param>
/// <param name="IsGranted">True for a grant, false for a refusal or revocation.</param>
/// <param name="IsPermanent">True for a permanent grant.</param>
/// <param name="Until">The end given by the webhook.</param>
/// <param name="By">The user, or their call to us (a grant), or Meta after unanswered calls (a revocation).</param>
/// <param name="RequestMessageId">The request it answers; null where it answers none.</param>
public sealed record ContactReply(
    ChannelId Channel, WhatsAppUser User, bool IsGranted, bool IsPermanent, DateTimeOffset? Until, PermissionDecider By,
    string? RequestMessageId)
{
    internal ContactPermission Decide(ContactPermission permission, DateTimeOffset at, PermissionLimits limits) =>
        IsGranted ? permission.Granted(at, Until, IsPermanent, By, limits)
        : RequestMessageId is not null && By == PermissionDecider.User ? permission.Declined(at)
        : permission.Revoked(at, By);
}
