namespace Sandbox.Numbers;

/// <summary>The business numbers there are.</summary>
public sealed class NumberBook(SandboxOptions options)
{
    private readonly Dictionary<string, BusinessNumber> _numbers =
        options.Numbers.Select(number => new BusinessNumber(number)).ToDictionary(number => number.PhoneNumberId);

    public IReadOnlyCollection<BusinessNumber> All => _numbers.Values;

    public BusinessNumber Default => _numbers.Values.First();

    public BusinessNumber? Find(string? phoneNumberId) => phoneNumberId is null ? null : _numbers.GetValueOrDefault(phoneNumberId);
}
