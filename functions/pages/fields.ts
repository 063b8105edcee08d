/** The fields that several forms have. */

export const emailField = {
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autocomplete: 'username',
  wrong: 'Enter an e-mail address, such as ada@example.com.',
} as const;

export const newPasswordField = {
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 8 characters.',
  wrong: 'Use 8 to 256 characters.',
} as const;

export const fullNameField = {
  name: 'fullName',
  label: 'Your name',
  type: 'text',
  autocomplete: 'name',
  wrong: 'Enter your name, in one line.',
} as const;
