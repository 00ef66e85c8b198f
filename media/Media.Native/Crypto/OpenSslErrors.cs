using System.Runtime.InteropServices;

namespace Media.Native.Crypto;

/// <summary>OpenSSL's per-thread error queue, emptied into readable text.</summary>
internal static unsafe class OpenSslErrors
{
    /// <summary>SSL_R_READ_TIMEOUT_EXPIRED (openssl/sslerr.h).</summary>
    internal const int ReadTimeoutExpired = 312;

    /// <summary>SSL_AD_REASON_OFFSET: a reason is this plus the number of the alert the peer sent.</summary>
    internal const int AlertOffset = 1000;

    private const int MaxReasons = 4; // the queue holds 16; the first ones name the cause

    /// <summary>ERR_GET_REASON: the low 23 bits.</summary>
    internal static int ReasonOf(nuint error) => (int)(error & 0x7F_FFFF);

    /// <summary>Empties this thread's queue and returns its reasons, oldest first; "no reason given" when it was empty.</summary>
    internal static string Drain()
    {
        List<string>? reasons = null;
        for (var error = LibCrypto.GetError(); error != 0; error = LibCrypto.GetError())
        {
            reasons ??= [];
            if (reasons.Count == MaxReasons)
                continue;
            var text = LibCrypto.GetReasonString(error);
            var reason = text is null ? $"error {error:x8}" : Marshal.PtrToStringUTF8((nint)text)!;
            if (!reasons.Contains(reason))
                reasons.Add(reason);
        }
        return reasons is null ? "no reason given" : string.Join(", ", reasons);
    }
}
